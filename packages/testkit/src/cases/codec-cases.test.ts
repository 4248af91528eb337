import { describe, expect, test } from '@jest/globals'
import type { Codec, Protocol } from '@plexus/contract'
import { codecCases, lineProtocol } from '../index.js'

/** The claims that the line protocol does not keep to, when its codecs are made `worse`. */
async function broken(worse: (codec: Codec) => Partial<Codec>): Promise<string[]> {
  const good = lineProtocol()
  const protocol: Protocol = {
    traits: good.traits,
    create: (options) => {
      const codec = good.create(options)
      return {
        traits: codec.traits,
        decode: (chunk, emit) => codec.decode(chunk, emit),
        encode: (frame, out) => codec.encode(frame, out),
        checkHeaders: (headers, end) => codec.checkHeaders(headers, end),
        encodeData: (id, payload, end, out) => codec.encodeData(id, payload, end, out),
        close: () => codec.close(),
        ...worse(codec),
      }
    },
  }
  const names: string[] = []
  for (const { name, run } of codecCases(protocol)) await run().catch(() => names.push(name))
  return names
}

describe('the claims about codecs', () => {
  test('hold for a good one', async () => {
    expect(await broken(() => ({}))).toEqual([])
  })

  test('fail for one that throws at what it cannot read', async () => {
    const names = await broken((codec) => ({
      decode: (chunk, emit) =>
        codec.decode(chunk, (frame) => {
          if (frame.type === 'fault') throw new Error(frame.message)
          return emit(frame)
        }),
    }))
    expect(names).toContain(
      'random bytes never make a server throw, and nothing follows the fault that ends a session',
    )
    expect(names).toContain('everything a client says changed in one place never makes the reader throw')
  })

  test('fail for one that goes on when the reader said stop', async () => {
    const names = await broken((codec) => ({
      decode: (chunk, emit) => codec.decode(chunk, (frame) => (emit(frame), true)),
    }))
    expect(names).toEqual([
      'everything a client says is the same when the reader stops after every frame',
      'everything a server says is the same when the reader stops after every frame',
    ])
  })

  test('fail for one that forgets the rest of a chunk', async () => {
    const names = await broken((codec) => ({
      decode: (chunk, emit) => (codec.decode(chunk, emit), chunk.length),
    }))
    expect(names).toContain('everything a client says is the same when the reader stops after every frame')
  })

  test('fail for one that keeps nothing between chunks', async () => {
    const names = await broken((codec) => ({
      decode: (chunk, emit) => (chunk.length === 1 ? 1 : codec.decode(chunk, emit)),
    }))
    expect(names).toContain('everything a client says is the same one byte at a time')
  })

  test('fail for one that copies payload', async () => {
    const names = await broken((codec) => ({
      decode: (chunk, emit) =>
        codec.decode(chunk, (frame) =>
          emit(frame.type === 'data' ? { ...frame, payload: frame.payload.slice() } : frame),
        ),
    }))
    expect(names).toContain('everything a client says has payload that is a view of what was handed in')
  })
})
