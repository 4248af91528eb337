export { nodeDecoders } from './client/decoders.js'
