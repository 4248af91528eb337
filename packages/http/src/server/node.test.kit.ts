import { type Pair, pairOf, stageOf } from '../pair.test.kit.js'
import { type NodeListener, nodeHandler } from './node-handler.js'
import type { ServeOptions } from './serve.js'

/** Two sessions, one of them serving a listener of Node's. */
export const nodePair = (listener: NodeListener, options?: ServeOptions): Pair =>
  pairOf(nodeHandler(listener), options)

/** A session that serves a listener of Node's, and a scripted client. */
export const nodeStage = (listener: NodeListener, options?: ServeOptions): ReturnType<typeof stageOf> =>
  stageOf('server', nodeHandler(listener), options)

/** Settles with the arguments of the next event. */
export const once = (emitter: NodeJS.EventEmitter, event: string): Promise<unknown[]> =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)))
