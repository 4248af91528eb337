export { Body } from './message/body.js'
export type { RequestHead, ResponseHead } from './message/heads.js'
export { Exchange, type ExchangeHandler, type ResponseInit } from './server/exchange.js'
export { type HttpStreams, httpStreams, type ServeOptions } from './server/serve.js'
