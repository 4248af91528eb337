import { describe, expect, test } from '@jest/globals'
import type { Bytes, Carrier, CarrierSink } from '@plexus/contract'
import { carrierCases, type MemoryCarrier, memoryPair, VirtualClock } from '../index.js'

/** The claims that a carrier does not keep to, when its first end is made `worse`. */
async function broken(worse: (a: MemoryCarrier, b: MemoryCarrier) => Partial<Carrier>): Promise<string[]> {
  const cases = carrierCases(() => {
    const clock = new VirtualClock()
    const [a, b] = memoryPair({ clock, record: false })
    const own = worse(a, b)
    const bad = new Proxy(a, {
      get(target, name) {
        const value = Reflect.get(name in own ? own : target, name)
        return typeof value === 'function' && !(name in own) ? value.bind(target) : value
      },
    })
    return { a: bad, b, clock, break: () => a.outgoing.cut('reset') }
  })
  const names: string[] = []
  for (const { name, run } of cases) await run().catch(() => names.push(name))
  return names
}

describe('the claims about carriers', () => {
  test('hold for a good one', async () => {
    expect(await broken(() => ({}))).toEqual([])
  })

  test('fail for one that delivers from inside a write', async () => {
    const names = await broken((a) => {
      let sink: CarrierSink | undefined
      return {
        start: (given) => a.start((sink = given)),
        write: (chunks) => (sink?.drain(), a.write(chunks)),
      }
    })
    expect(names).toContain('bytes arrive whole and in order, whatever the sizes of the writes')
  })

  test('fail for one that loses a byte', async () => {
    const drop = (chunks: readonly Bytes[]) =>
      chunks.map((chunk) => chunk.subarray(chunk.length > 900 ? 1 : 0))
    const names = await broken((a) => ({ write: (chunks) => a.write(drop(chunks)) }))
    expect(names).toContain('an end comes after every byte written before it')
  })

  test('fail for one that swaps its chunks', async () => {
    const names = await broken((a) => ({ write: (chunks) => a.write([...chunks].reverse()) }))
    expect(names).toContain('bytes arrive whole and in order, whatever the sizes of the writes')
  })

  test('fail for one that closes twice', async () => {
    const twice = (sink: CarrierSink) => ({
      receive: (chunk: Bytes) => sink.receive(chunk),
      drain: () => sink.drain(),
      end: () => sink.end(),
      closed: (error?: Error) => (sink.closed(error), sink.closed(error)),
    })
    const names = await broken((a) => ({ start: (sink) => a.start(twice(sink)) }))
    expect(names).toContain('destroying one end closes both')
  })

  test('fail for one that is never full', async () => {
    const names = await broken((a) => ({
      get room() {
        return a.room + 1
      },
    }))
    expect(names).toContain('a reader that pauses fills the carrier, and drain follows when it resumes')
  })

  test('fail for one that writes over what it has delivered', async () => {
    const reused = new Uint8Array(65_536)
    const reuse = (sink: CarrierSink) => ({
      receive: (chunk: Bytes) => (reused.set(chunk), sink.receive(reused.subarray(0, chunk.length))),
      drain: () => sink.drain(),
      end: () => sink.end(),
      closed: (error?: Error) => sink.closed(error),
    })
    const names = await broken((a) => ({ start: (sink) => a.start(reuse(sink)) }))
    expect(names).toContain('both directions carry 1 MiB at once')
  })
})
