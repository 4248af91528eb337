export {
  type AlpnCallback,
  type CarrierListener,
  type ConnectTlsOptions,
  connectTlsSocket,
  listenTcpSockets,
  nodeHost,
  type SniCallback,
  socketCarrier,
  type TlsClientOptions,
  type TlsContextOptions,
  type TlsServerOptions,
  type TlsSession,
} from '@plexus/carrier-node'
export { type ConnectOptions, connect } from './node/connect.js'
export { type ListenOptions, listen, type ServerHandler } from './node/listen.js'
export type { SessionListener } from './node/lobby.js'
export type { PlexusServer } from './node/server.js'
export { sessionOn } from './node/session-on.js'
