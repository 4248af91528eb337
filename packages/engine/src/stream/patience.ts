import type { Limits } from '@plexus/contract'
import type { Stream } from './mux-stream.js'
import type { StreamOwner } from './owner.js'

/** How long nothing may move on the stream now, ms; 0 is for ever (L13). */
export function patienceWith(stream: Stream, limits: Limits): number {
  if (stream.inbox.gate === 'awaitingReply') return limits.openTimeoutMs
  const isHalfClosed = stream.inbox.gate === 'ended' || stream.outbox.isEnding
  return isHalfClosed ? limits.halfClosedTimeoutMs : limits.streamIdleTimeoutMs
}

/** Sets the stream's timer for the phase that begins, if its time-out comes before the one that is set. */
export function watch(stream: Stream, owner: StreamOwner): void {
  const wait = patienceWith(stream, owner.limits)
  if (wait === 0 || stream.isOver) return
  if (!stream.timer.isSet || stream.timer.due > owner.now + wait) owner.wake(stream, wait)
}

/** The timer is due: resets the stream if nothing moved for as long as it may, and waits for the rest otherwise. */
export function judgePatience(stream: Stream, owner: StreamOwner, now: number): void {
  const wait = patienceWith(stream, owner.limits)
  if (wait === 0) return
  const left = stream.touchedAt + wait - now
  if (left > 0) return owner.wake(stream, left)
  const awaited = stream.inbox.gate === 'awaitingReply' ? 'a reply' : 'something to move'
  stream.fail('TIMEOUT', 'peer', `expected ${awaited} within ${wait} ms, nothing came`)
}
