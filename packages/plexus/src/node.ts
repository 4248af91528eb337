export { nodeHost, socketCarrier } from '@plexus/carrier-node'
export { type ConnectOptions, connect } from './node/connect.js'
export { type ListenOptions, listen, type ServerHandler } from './node/listen.js'
export type { PlexusServer } from './node/server.js'
