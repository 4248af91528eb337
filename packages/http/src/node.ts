export { nodeDecoders } from './client/decoders.js'
export { type NodeHandlerOptions, type NodeListener, nodeHandler } from './server/node-handler.js'
export type { Connection } from './server/node-socket.js'
export { streamProxy } from './proxy/stream-proxy.js'
