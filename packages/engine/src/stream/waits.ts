import { type Bytes, type Clock, HeaderFields, type PlexusError } from '@plexus/contract'
import type { Deferred } from '../settle.js'

/** The promises of a stream that somebody asked for and that are not settled. Most streams need one or two at a time. */
export class Waits {
  reader: Deferred<Bytes | undefined> | undefined
  room: Deferred<void> | undefined
  replied: Deferred<HeaderFields> | undefined
  ended: Deferred<void> | undefined
  closed: Deferred<PlexusError | undefined> | undefined
  abort: AbortController | undefined

  /** The stream is over: every wait settles, in whatever it waits. */
  settleAll(failure: PlexusError | undefined, clock: Clock): void {
    const { reader, room, replied, ended } = this
    this.closed?.resolve(failure)
    if (failure === undefined) {
      reader?.resolve(undefined)
      replied?.resolve(HeaderFields.NONE)
      room?.resolve()
      ended?.resolve()
    } else {
      for (const wait of [reader, room, replied, ended]) wait?.reject(failure)
      if (this.abort !== undefined) abortLater(this.abort, failure, clock)
    }
    this.reader = this.room = this.replied = this.ended = this.closed = undefined
  }
}

/** Listeners of a signal are the user's code: they run at the end of the turn, not inside ours (H48). */
export function abortLater(controller: AbortController, failure: PlexusError, clock: Clock): void {
  clock.defer(() => controller.abort(failure))
}
