import type {
  Carrier,
  CloseOptions,
  ErrorCode,
  Host,
  Limits,
  MuxSession,
  MuxStream,
  OpenOptions,
  PingOptions,
  PlexusError,
  Protocol,
  Role,
  SessionEvent,
  SessionStats,
  StreamHandler,
  Traits,
} from '@plexus/contract'
import { type Budget, type ChartMode, Session, type SessionOptions } from '@plexus/engine'
import type { Observable } from 'rxjs'
import { protocolOf } from './protocols.js'
import { eventsOf } from './session-events.js'

/** What a session may be told, whatever it stands on. */
export interface SessionSettings {
  /** Bounds other than the defaults in `LIMITS`; a name that is not there is refused. */
  readonly limits?: Partial<Limits> | undefined
  /** `compiled` (default) runs the charts from tables, `interpreted` by XState's own interpreter; they do the same. */
  readonly charts?: ChartMode | undefined
  /** Sees the messages and snapshots of all actors of the session, as XState's `createActor` has it. */
  readonly inspect?: SessionOptions['inspect']
  /** Bytes that all sessions which are given the same budget may hold together, on top of their own limits. */
  readonly budget?: Budget | undefined
  /**
   * Puts something around the protocol that was chosen, e.g. what writes its frames down; what it returns is spoken. Called
   * once for each session, before a byte moves.
   */
  readonly wrapProtocol?: ((protocol: Protocol) => Protocol) | undefined
}

/** Of options that say more, what a session may be told. */
export function sessionSettings(options: SessionSettings): SessionSettings {
  const { limits, charts, inspect, budget, wrapProtocol } = options
  return { limits, charts, inspect, budget, wrapProtocol }
}

export interface CreateSessionOptions extends SessionSettings {
  /** The wire: a protocol, or its name in `protocols`. */
  readonly codec: Protocol | string
  /** The byte pipe; it belongs to the session from now on. */
  readonly carrier: Carrier
  /** Which end we are; it does not follow from who dialled. */
  readonly role: Role
  /** Clock and chance of the machine we run on. */
  readonly host: Host
  /** Gets the streams that the peer opens; without one they wait for whoever iterates over the session. */
  readonly handler?: StreamHandler | undefined
}

/** Runs a protocol on a carrier. The session is there at once; what ends it shows in `closed`. */
export function createSession(options: CreateSessionOptions): PlexusSession {
  const { codec, wrapProtocol, ...rest } = options
  const chosen = typeof codec === 'string' ? protocolOf(codec) : codec
  const protocol = wrapProtocol === undefined ? chosen : wrapProtocol(chosen)
  return new PlexusSession(new Session({ ...rest, protocol }))
}

/** A session as its user sees it: the engine's, and what happens on it as an Observable. */
export class PlexusSession implements MuxSession {
  /**
   * What happens, hot and shared: opened, replied, blocked and since when, reset with its cause, ping times, draining,
   * closed. Completes after `closed`. Nothing is made while nobody is subscribed.
   */
  readonly events$: Observable<SessionEvent>

  readonly #engine: Session

  constructor(engine: Session) {
    this.#engine = engine
    this.events$ = eventsOf(engine)
  }

  get role(): Role {
    return this.#engine.role
  }

  get protocol(): string {
    return this.#engine.protocol
  }

  /** What the protocol is like: whether it has windows, pushes, pings … */
  get traits(): Traits {
    return this.#engine.traits
  }

  /** Of the carrier, for people: e.g. `tcp 127.0.0.1:9310`. */
  get label(): string {
    return this.#engine.carrier.label
  }

  get streamCount(): number {
    return this.#engine.streamCount
  }

  get places(): number {
    return this.#engine.places
  }

  get idsLeft(): number {
    return this.#engine.idsLeft
  }

  onPlaces(listener: () => void): () => void {
    return this.#engine.onPlaces(listener)
  }

  /** Streams of ours that wait for a place at the peer. */
  get pendingOpens(): number {
    return this.#engine.pendingOpens
  }

  get stats(): SessionStats {
    return this.#engine.stats
  }

  get closed(): Promise<PlexusError | undefined> {
    return this.#engine.closed
  }

  open(options?: OpenOptions): Promise<MuxStream> {
    return this.#engine.open(options)
  }

  ping(options?: PingOptions): Promise<number> {
    return this.#engine.ping(options)
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#engine.close(options)
  }

  destroy(code?: ErrorCode): void {
    this.#engine.destroy(code)
  }

  /** Changes how long nothing but pings may move before the session ends by itself, ms; 0 is for ever. */
  setIdleTimeout(ms: number): void {
    this.#engine.setIdleTimeout(ms)
  }

  [Symbol.asyncIterator](): AsyncIterator<MuxStream> {
    return this.#engine[Symbol.asyncIterator]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  toJSON(): object {
    return this.#engine.toJSON()
  }
}
