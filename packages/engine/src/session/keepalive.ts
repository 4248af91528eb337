import { createChild } from '@plexus/chart'
import type { ActorRefFrom } from 'xstate'
import type { Core } from '../core.js'
import { Timer, type TimerOwner } from '../time/timer-wheel.js'
import type { KeepaliveParts, keepaliveMachine } from './keepalive.machine.js'
import type { Pings } from './pings.js'

/** Hands and ears of the keepalive's chart. */
export class Keepalive implements KeepaliveParts, TimerOwner {
  /** When the peer was last heard of, ms. */
  heardAt: number
  #actor!: ActorRefFrom<typeof keepaliveMachine>
  readonly #core: Core
  readonly #pings: Pings
  readonly #timer = new Timer(this)
  #askedAt = Number.POSITIVE_INFINITY

  constructor(core: Core, pings: Pings) {
    this.#core = core
    this.#pings = pings
    this.heardAt = core.host.clock.now()
  }

  start(parent: Core['actor']): void {
    this.#actor = createChild(this.#core.charts.keepalive, { parent, id: 'keepalive', input: this })
  }

  get heardLately(): boolean {
    const { clock } = this.#core.host
    if (this.heardAt > this.#askedAt) return true
    return clock.now() - this.heardAt < this.#core.limits.keepaliveIntervalMs
  }

  awaitSilence(): void {
    const { limits, host, wheel, traits } = this.#core
    this.#askedAt = Number.POSITIVE_INFINITY
    if (limits.keepaliveIntervalMs === 0 || !traits.ping) return
    const quietFor = host.clock.now() - this.heardAt
    wheel.set(this.#timer, Math.max(0, limits.keepaliveIntervalMs - quietFor))
  }

  sendPing(): void {
    const { limits, host, wheel } = this.#core
    this.#askedAt = host.clock.now()
    const timeoutMs = limits.keepaliveTimeoutMs
    wheel.set(this.#timer, timeoutMs)
    // Given up with the wait for it: a peer that talks and never answers would leave one behind for each silence.
    this.#pings.send({ timeoutMs }).then(
      () => this.#actor.send({ type: 'recvPong' }),
      () => {},
    )
  }

  giveUp(): void {
    const { keepaliveIntervalMs, keepaliveTimeoutMs } = this.#core.limits
    const message = `expected a sign of life within ${keepaliveIntervalMs} + ${keepaliveTimeoutMs} ms, none came`
    this.#core.fail({ code: 'TIMEOUT', blame: 'carrier', message }, 'abrupt')
  }

  refuseMessage(type: string): void {
    const message = `expected a message that the keepalive knows, got '${type}'`
    this.#core.fail({ code: 'INTERNAL_ERROR', blame: 'us', message, event: type })
  }

  stop(): void {
    this.#core.wheel.clear(this.#timer)
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send({ type: 'shut' })
  }

  /** Stands for the keepalive in snapshots of its chart. */
  toJSON(): object {
    return { heardAt: this.heardAt }
  }

  /** Judged in a later turn: what a blocked loop or a sleep left lying at the carrier comes first (B12, B22). */
  onTimer(): void {
    this.#core.host.clock.yield(() => {
      if (this.#actor.getSnapshot().status === 'active') this.#actor.send({ type: 'timeout' })
    })
  }
}
