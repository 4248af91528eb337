export { AMAHI } from './amahi.js'
export {
  type DecodeOptions,
  type Decoders,
  type DecodingPair,
  decoded,
  webDecoders,
} from './client/decode.js'
export { type FetchInit, trailersOf } from './client/fetch.js'
export { HttpClient, type HttpClientOptions } from './client/http-client.js'
export type { ClientCall, ClientObserver } from './client/observe.js'
export type { OneShotRequest, WholeResponse } from './client/one-shot.js'
export type { SpeaksFor } from './client/origin.js'
export { HttpPool, type PoolOneShotRequest, type PoolRequest } from './client/pool/http-pool.js'
export type {
  ConnectionState,
  Dial,
  DialledSession,
  HttpPoolOptions,
  PoolEvent,
  PoolHost,
  PoolStats,
} from './client/pool/options.js'
export type { PoolTarget, RouteOptions } from './client/pool/target.js'
export { priorityFor } from './client/priority.js'
export type { Pushed, PushHandler } from './client/pushes.js'
export { ResponseRecorder } from './client/recorder.js'
export type { ClientRequest, RequestBody } from './client/request.js'
export type { Requester } from './client/requester.js'
export { ClientResponse } from './client/response.js'
export type { HttpLogger, LogFunction } from './log.js'
export { Body } from './message/body.js'
export type { RequestHead, ResponseHead } from './message/heads.js'
export type { HttpObserver } from './observe.js'
export type { CrossingOptions } from './proxy/crossing.js'
export { type ProxyExchangeOptions, proxyExchange, proxyTo } from './proxy/exchange.js'
export type { ProxyOptions, Route } from './proxy/forward.js'
export type {
  CallOptions,
  IncomingBody,
  Origin,
  OriginAnswer,
  OriginCall,
  ProxyTarget,
} from './proxy/origin.js'
export {
  type AllowConnect,
  joinEnds,
  type TunnelEnd,
  type TunnelOptions,
  tunnel,
  withTunnels,
} from './proxy/tunnel.js'
export {
  Exchange,
  type ExchangeHandler,
  type ExchangeInit,
  type PushInit,
  type ResponseInit,
} from './server/exchange.js'
export { type FetchListener, fetchHandler } from './server/fetch.js'
export { type HttpStreams, httpStreams, type ServeOptions } from './server/serve.js'
