export { httpMachines } from './charts.js'
export { SessionAgent, type SessionAgentOptions } from './client/agent.js'
export { type ConnectClientOptions, connectClient } from './client/connect.js'
export {
  type ConnectHttpOptions,
  type ConnectUpgradeOptions,
  connectHttp,
  connectUpgrade,
  type HttpConnection,
} from './client/connect-http.js'
export { nodeDecoders } from './client/decoders.js'
export { clientDiagnostics } from './client/diagnostics.js'
export {
  type CreatePoolOptions,
  createPool,
  type DialHttpOptions,
  dialHttp,
} from './client/pool/dial-http.js'
export { type SessionPlace, sessionKey, type TlsOptionsOfPlace } from './client/session-key.js'
export { type DiagnosticsMessage, diagnostics } from './diagnostics.js'
export { Http1Origin, type Http1OriginOptions } from './proxy/http1-origin.js'
export { connectTunnel, duplexEnd } from './proxy/node-tunnel.js'
export {
  type DialCall,
  type ReverseConnection,
  type ReverseOptions,
  type ReverseState,
  reverseServe,
} from './proxy/reverse.js'
export { ANY, ReverseHub, type ReverseHubOptions } from './proxy/reverse-hub.js'
export { streamProxy } from './proxy/stream-proxy.js'
export { Upstream, type UpstreamOptions } from './proxy/upstream.js'
export { type NodeHandlerOptions, type NodeListener, nodeHandler } from './server/node-handler.js'
export type { Connection } from './server/node-socket.js'
export {
  createServer,
  HttpServer,
  type ListenTlsOptions,
  type ServerDoor,
  type ServerListener,
  type ServerListenOptions,
  type ServerOptions,
} from './server/server.js'
