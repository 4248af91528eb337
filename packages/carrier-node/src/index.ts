export { type ConnectOptions, type ConnectTcpOptions, connectTcp, connectUnix } from './connect.js'
export { toDuplex } from './duplex.js'
export { duplexCarrier } from './duplex-carrier.js'
export {
  type CarrierHandler,
  type CarrierListener,
  type ListenOptions,
  type ListenTcpOptions,
  type ListenUnixOptions,
  listenTcp,
  listenTcpSockets,
  listenUnix,
  type TcpAddress,
  type UnixAddress,
} from './listen.js'
export { nodeClock } from './node-clock.js'
export { nodeHost } from './node-host.js'
export { socketCarrier } from './socket-carrier.js'
export { stdioCarrier } from './stdio-carrier.js'
export type { StreamCarrierOptions } from './stream-carrier.js'
export { type TlsCarrier, tlsCarrier } from './tls-carrier.js'
export { type ConnectTlsOptions, connectTls, connectTlsSocket, type TlsClientOptions } from './tls-connect.js'
export type { TlsContextOptions } from './tls-context.js'
export {
  type AlpnCallback,
  type ListenTlsOptions,
  listenTls,
  listenTlsSockets,
  type SniCallback,
  type TlsListener,
  type TlsServerOptions,
} from './tls-listen.js'
export type { TlsSession } from './tls-session.js'
