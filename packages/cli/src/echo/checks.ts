import { createHash } from 'node:crypto'
import { type MuxStream, PlexusError, type PlexusSession } from 'plexus'
import { filter, firstValueFrom } from 'rxjs'
import { type CheckName, PUSHED_BYTES, PUSHED_STREAM, TRAILER_SHA256 } from './contract.js'
import { exchange, openTest, receive, replied } from './exchange.js'
import { testBytes } from './test-bytes.js'

/** What a check works with, and what it finds out by the way. */
export interface CheckContext {
  readonly session: PlexusSession
  /** Streams of the check `echo`. */
  readonly streams: number
  /** Bytes on each. */
  readonly bytes: number
  /** Streams of the check `echo` that are open at once. */
  readonly concurrency: number
  /** Aborts when the time is over. */
  readonly signal: AbortSignal
  /** Bytes that came back and were compared. */
  echoed: number
  /** Round trip, ms. */
  pingMs: number | undefined
}

/** Each settles if the peer does as the contract says, and throws what it did instead. */
export const CHECKS: Readonly<Record<CheckName, (context: CheckContext) => Promise<void>>> = {
  async echo(context) {
    const { session, streams, bytes, concurrency, signal } = context
    let next = 0
    const work = async () => {
      while (next < streams) {
        const index = next++
        const stream = await openTest(session, index, signal)
        await exchange(stream, index, bytes)
        await endedWell(stream, index)
        context.echoed += bytes
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, streams) }, work))
  },

  /** What was sent before our end comes back after it, and an end alone is answered with an end alone. */
  async halfClose({ session, signal }) {
    for (const count of [1000, 0]) {
      const stream = await openTest(session, 1, signal)
      if (count > 0) await stream.write(testBytes(1, count))
      await stream.close()
      if (stream.state === 'open') throw new Error('expected a stream that is half-closed after close()')
      await replied(stream, 1)
      await receive(stream, 1, count)
      await endedWell(stream, 1)
    }
  },

  async reset({ session, signal }) {
    const stream = await openTest(session, 2, signal, 'reset')
    await replied(stream, 2)
    const error = await stream.closed
    if (error === undefined) throw new Error('expected a reset, got an end')
    if (error.scope !== 'stream' || error.blame !== 'peer') throw error
  },

  async refuse({ session, signal }) {
    const stream = await openTest(session, 3, signal, 'refuse')
    const reply = await stream.replied.catch((error: unknown) => error)
    if (!(reply instanceof PlexusError)) throw new Error('expected a refusal, got a reply')
    if (reply.code !== 'REFUSED_STREAM') throw reply
    if (reply.processed !== 'no') throw new Error('expected a refusal that says it was not processed')
  },

  async trailers({ session, bytes, signal }) {
    const stream = await openTest(session, 4, signal, 'trailers')
    await exchange(stream, 4, bytes)
    const sha256 = createHash('sha256').update(testBytes(4, bytes)).digest('hex')
    const got = (await stream.readHeaders())?.get(TRAILER_SHA256)
    if (got !== sha256) throw new Error(`expected ${TRAILER_SHA256}: ${sha256}, got ${got ?? 'none'}`)
    await endedWell(stream, 4)
  },

  async push({ session, signal }) {
    const stream = await openTest(session, 5, signal, 'push')
    const echoed = exchange(stream, 5, 1000)
    echoed.catch(() => {})
    const { value: pushed } = await within(session[Symbol.asyncIterator]().next(), signal)
    if (pushed === undefined) throw new Error('expected a pushed stream, the session ended')
    if (pushed.parent !== stream.id) {
      throw new Error(`expected a stream that belongs to ${stream.id}, it does to ${pushed.parent}`)
    }
    const from = pushed.headers.get('x-from')
    if (from !== 'server') throw new Error(`expected x-from: server, got ${from ?? 'none'}`)
    pushed.reply()
    await receive(pushed, PUSHED_STREAM, PUSHED_BYTES)
    await pushed.close()
    await echoed
  },

  async ping(context) {
    context.pingMs = await context.session.ping({ signal: context.signal })
  },

  async goaway({ session, signal }) {
    const gone = firstValueFrom(session.events$.pipe(filter((event) => event.type === 'draining')))
    gone.catch(() => {})
    const stream = await openTest(session, 6, signal, 'goaway')
    await exchange(stream, 6, 1000)
    await within(gone, signal)
    const error = await within(session.closed, signal)
    if (error !== undefined) throw error
  },
}

/** Both halves ended, and nobody reset the stream. */
async function endedWell(stream: MuxStream, index: number): Promise<void> {
  const error = await stream.closed
  if (error !== undefined) throw new Error(`stream ${index}: expected an end, got ${error.message}`)
}

/** Waits for what takes no signal itself. */
function within<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(signal.reason)
    if (signal.aborted) return late()
    signal.addEventListener('abort', late, { once: true })
    wait.then(resolve, reject).finally(() => signal.removeEventListener('abort', late))
  })
}
