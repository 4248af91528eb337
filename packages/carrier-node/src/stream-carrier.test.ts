import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { describe, expect, jest, test } from '@jest/globals'
import type { Carrier } from '@plexus/contract'
import { duplexCarrier } from './index.js'
import { StreamCarrier } from './stream-carrier.js'

/** Starts a carrier; what it does to its sink, in words. */
function heard(carrier: Carrier): string[] {
  const log: string[] = []
  carrier.start({
    receive: (chunk) => log.push(`"${String(chunk)}"`),
    drain: () => log.push('drain'),
    end: () => log.push('end'),
    closed: (error) => log.push(error?.message ?? 'closed'),
  })
  return log
}

const rest = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate)
}

describe('a carrier on a stream', () => {
  test('keeps the process alive from the far end’s end to its own', async () => {
    const held = jest.spyOn(globalThis, 'setInterval')
    const letGo = jest.spyOn(globalThis, 'clearInterval')
    const duplex = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
    const carrier = duplexCarrier(duplex)
    const log = heard(carrier)
    await rest()
    expect(held).not.toHaveBeenCalled()
    duplex.push(null)
    await rest()
    const timer = held.mock.results[0]!.value as NodeJS.Timeout
    expect([timer.hasRef(), log]).toEqual([true, ['end']])
    expect(letGo).not.toHaveBeenCalledWith(timer)
    carrier.end()
    await rest()
    expect(letGo).toHaveBeenCalledWith(timer)
    expect([held.mock.calls.length, log]).toEqual([1, ['end', 'closed']])
    jest.restoreAllMocks()
  })

  test('drains by its own high water, also where that is below the stream’s', async () => {
    const held: (() => void)[] = []
    const duplex = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => void held.push(done),
      writableHighWaterMark: 1000,
    })
    const carrier = duplexCarrier(duplex, { highWater: 10 })
    const log = heard(carrier)
    carrier.write([Buffer.alloc(12)])
    expect([carrier.room, carrier.queued]).toEqual([0, 12])
    held.shift()!()
    await rest()
    expect([carrier.room, log]).toEqual([10, ['drain']])
  })

  test('never hears from the far end inside its own write', async () => {
    // What is written comes back at once: the shortest circuit there is.
    const carrier = duplexCarrier(new PassThrough())
    let isWriting = false
    const inside: boolean[] = []
    const got: string[] = []
    const nothing = () => undefined
    const receive = (chunk: Uint8Array) => {
      inside.push(isWriting)
      got.push(String(chunk))
    }
    carrier.start({ receive, drain: nothing, end: nothing, closed: nothing })
    await rest()
    for (const text of ['a', 'b', 'c']) {
      isWriting = true
      carrier.write([Buffer.from(text)])
      isWriting = false
      await rest()
    }
    expect([got, inside]).toEqual([
      ['a', 'b', 'c'],
      [false, false, false],
    ])
  })

  test('that was closed before it was started says so, with the error', async () => {
    const duplex = new PassThrough()
    const carrier = duplexCarrier(duplex)
    duplex.destroy(new Error('broken early'))
    await rest()
    const log = heard(carrier)
    expect(log).toEqual([])
    await rest()
    expect(log).toEqual(['broken early'])
  })

  test('on a stream that was closed before says so too', async () => {
    const duplex = new PassThrough()
    duplex.destroy()
    await rest()
    const log = heard(duplexCarrier(duplex))
    await rest()
    expect(log).toEqual(['closed'])
  })

  test('closes a stream that does not close itself', async () => {
    const duplex = new PassThrough({ autoDestroy: false })
    const carrier = duplexCarrier(duplex)
    const log = heard(carrier)
    carrier.end()
    await rest()
    expect(log).toEqual(['end', 'closed'])
  })

  test('stands on two streams, and is over when both are', async () => {
    const written: string[] = []
    const readable = Readable.from([Buffer.from('in')])
    const writable = new Writable({
      write: (chunk, _encoding, done) => (written.push(String(chunk)), done()),
    })
    const carrier = new StreamCarrier(readable, writable, { label: 'two' })
    const log = heard(carrier)
    carrier.write([Buffer.from('out')])
    await rest()
    expect([log, written]).toEqual([['"in"', 'end'], ['out']])
    carrier.end()
    await rest()
    expect(log).toEqual(['"in"', 'end', 'closed'])
  })

  test('takes the other side down when one breaks', async () => {
    const readable = new Readable({ read: () => undefined })
    const writable = new Writable()
    const log = heard(new StreamCarrier(readable, writable, {}))
    readable.destroy(new Error('unreadable'))
    await rest()
    expect([log, writable.destroyed]).toEqual([['unreadable'], true])
  })
})
