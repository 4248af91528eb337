import type { Carrier, Codec, Host, Limits, Role, SessionStats, Traits } from '@plexus/contract'
import type { ActorRef, Snapshot } from 'xstate'
import type { Charts } from './charts.js'
import type { Events } from './events.js'
import type { FloodGuard } from './flow/flood-guard.js'
import type { Receiver } from './flow/receiver.js'
import type { SendWindow, WindowBase } from './flow/send-window.js'
import type { Cause, CloseManner, SessionMessage } from './messages.js'
import type { Pump } from './out-framer/pump.js'
import type { StreamTable } from './session/stream-table.js'
import type { TimerWheel } from './time/timer-wheel.js'

/** The parts of one session, as the parts know each other. Put together in `session.ts`, changed by nobody. */
export interface Core {
  readonly role: Role
  readonly traits: Traits
  readonly limits: Limits
  readonly host: Host
  readonly charts: Charts
  readonly codec: Codec
  readonly carrier: Carrier
  readonly table: StreamTable
  readonly wheel: TimerWheel
  readonly flood: FloodGuard
  readonly receiver: Receiver
  readonly pump: Pump
  readonly sessionWindow: SendWindow
  readonly windowBase: WindowBase
  readonly stats: SessionStats
  readonly events: Events
  readonly actor: ActorRef<Snapshot<unknown>, SessionMessage>
  /** Time of the turn that runs, ms. */
  readonly now: number
  send(message: SessionMessage): void
  /** Those who watch how many streams of ours the session takes are told. */
  notePlaces(): void
  /** Ends the session with an error. */
  fail(cause: Cause, manner?: CloseManner): void
}
