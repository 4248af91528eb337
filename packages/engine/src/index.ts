export { type ChartMode, type Charts, chartsFor, machines } from './charts.js'
export { Budget } from './flow/budget.js'
export type {
  Cause,
  KeepaliveMailbox,
  KeepaliveMessage,
  OutFramerMailbox,
  OutFramerMessage,
  SessionMailbox,
  SessionMessage,
  StreamMailbox,
  StreamMessage,
} from './messages.js'
export type { OutFramerParts } from './out-framer/out-framer.machine.js'
export type { KeepaliveParts } from './session/keepalive.machine.js'
export { Session, type SessionOptions } from './session/session.js'
export type { SessionParts } from './session/session.machine.js'
export type { StreamParts } from './stream/stream.machine.js'
