import { describe, expect, test } from '@jest/globals'
import { type Bytes, HeaderFields, type MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import fc from 'fast-check'
import { requestOf, stageOf } from '../pair.test.kit.js'
import { Body } from './body.js'

/** As much of a stream as a body asks for: these chunks, then the end. */
function streamOf(chunks: readonly Bytes[]): MuxStream & { resets: string[] } {
  const left = [...chunks]
  const resets: string[] = []
  const stream = {
    id: 1,
    resets,
    poll: () => (left.length > 1 ? left.shift() : undefined),
    read: async () => left.shift(),
    readHeaders: async () => undefined,
    reset: (code: string) => void resets.push(code),
  }
  return stream as Partial<MuxStream> as MuxStream & { resets: string[] }
}

/** Runs `read` on the body of a POST that a scripted client sends. */
async function bodyStage(read: (body: Body) => Promise<unknown>, headers: Record<string, string> = {}) {
  const told: unknown[] = []
  const stage = await stageOf('server', async ({ body }) => {
    told.push(await read(body).catch((error: unknown) => error))
  })
  await stage.peer.sends(frames.open(1, { headers: requestOf('/', { ':method': 'POST', ...headers }) }))
  return { ...stage, told }
}

describe('S05 a body and the length that its head announced', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 })

  test('it is whole if they are equal, and an error and a reset otherwise, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.option(fc.nat(60), { nil: undefined }), async (parts, length) => {
        const stream = streamOf(parts)
        const sum = parts.reduce((size, part) => size + part.length, 0)
        const whole = await new Body(stream, { length }).bytes().catch((error: unknown) => error)
        if (length === undefined || length === sum) {
          expect(Buffer.compare(whole as Bytes, Buffer.concat(parts))).toBe(0)
          expect(stream.resets).toEqual([])
        } else {
          expect(whole).toMatchObject({ code: 'PROTOCOL_ERROR', scope: 'stream', blame: 'peer', streamId: 1 })
          expect(stream.resets).toEqual(['PROTOCOL_ERROR'])
        }
      }),
    )
  })

  test('a bare one has no bytes, whatever was announced', async () => {
    expect(await new Body(streamOf([]), { length: 5, isBare: true }).text()).toBe('')
    const told = await new Body(streamOf([new Uint8Array(1)]), { length: 5, isBare: true })
      .text()
      .catch(String)
    expect(told).toContain('expected at most 0 bytes of body, more came')
  })

  test('short, on the wire: the reader hears what was expected and what came, and the session lives', async () => {
    const { peer, told } = await bodyStage((body) => body.text(), { 'content-length': '5' })
    await peer.sends(frames.data(1, 'four', { end: true }))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    expect(told).toEqual([expect.objectContaining({ message: 'expected 5 bytes of body, 4 came' })])
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', token: 1 })
  })

  test('long, on the wire', async () => {
    const { peer, told } = await bodyStage((body) => body.text(), { 'content-length': '3' })
    await peer.sends(frames.data(1, 'four'))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    expect(told).toEqual([
      expect.objectContaining({ message: 'expected at most 3 bytes of body, more came' }),
    ])
  })

  test('reset in the middle is an error, too', async () => {
    const { peer, clock, told } = await bodyStage((body) => body.text())
    await peer.sends(frames.data(1, 'four'))
    await peer.sends(frames.reset(1, 'CANCEL'))
    await clock.settle()
    expect(told).toEqual([expect.objectContaining({ code: 'CANCEL', blame: 'peer' })])
  })
})

describe('reading', () => {
  test('whole, with a limit above which the stream is reset', async () => {
    const parts = [new Uint8Array(3), new Uint8Array(3)]
    expect((await new Body(streamOf(parts), { length: undefined }).bytes(6)).length).toBe(6)
    const stream = streamOf(parts)
    await expect(new Body(stream, { length: undefined }).bytes(5)).rejects.toMatchObject({
      code: 'ENHANCE_YOUR_CALM',
    })
    expect(stream.resets).toEqual(['ENHANCE_YOUR_CALM'])
  })

  test('text is UTF-8, wherever it is cut', async () => {
    const bytes = new TextEncoder().encode('größer 😀')
    for (let at = 0; at <= bytes.length; at++) {
      const parts = [bytes.slice(0, at), bytes.slice(at)].filter((part) => part.length > 0)
      expect(await new Body(streamOf(parts), { length: undefined }).text()).toBe('größer 😀')
    }
  })

  test('by a loop, which may be left and taken up again', async () => {
    const body = new Body(streamOf([new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)]), { length: 6 })
    const sizes: number[] = []
    for await (const chunk of body) {
      sizes.push(chunk.length)
      break
    }
    for await (const chunk of body) sizes.push(chunk.length)
    expect(sizes).toEqual([1, 2, 3])
    expect(body.received).toBe(6)
  })

  test('a rejection that nobody looks at harms nobody', async () => {
    const harm: unknown[] = []
    const listen = (error: unknown) => void harm.push(error)
    process.on('unhandledRejection', listen)
    const { peer, clock } = await bodyStage(async (body) => {
      void body.read()
      void body.trailers
      await new Promise(() => {})
    })
    await peer.sends(frames.reset(1, 'CANCEL'))
    await clock.settle()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(harm).toEqual([])
  })
})

describe('giving up', () => {
  test('drops the rest to its end, and reading it is an error from then on', async () => {
    const stream = streamOf([new Uint8Array(600_000), new Uint8Array(400_000)])
    const body = new Body(stream, { length: undefined })
    await body.discard()
    expect(stream.resets).toEqual([])
    await expect(body.read()).rejects.toMatchObject({ code: 'CANCEL', blame: 'application' })
  })

  test('cancels what is longer than its limit', async () => {
    const stream = streamOf([new Uint8Array(6), new Uint8Array(6), new Uint8Array(6)])
    await new Body(stream, { length: undefined }).discard(10)
    expect(stream.resets).toEqual(['CANCEL'])
  })

  test('waits for a read that is under way', async () => {
    const { peer, told } = await bodyStage(async (body) => {
      const read = body.read()
      const discarded = body.discard()
      const first = new TextDecoder().decode(await read)
      await discarded
      return first
    })
    await peer.sends(frames.data(1, 'one'))
    await peer.sends(frames.data(1, 'two', { end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true })
    expect(told).toEqual(['one'])
  })
})

describe('AM-26 trailers', () => {
  const read = async (body: Body) => [await body.text(), (await body.trailers).flat]

  test('behind the data', async () => {
    const { peer, told } = await bodyStage(read)
    await peer.sends(frames.data(1, 'x'), frames.headers(1, { 'x-a': '1', 'x-b': '2' }, { end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true })
    expect(told).toEqual([['x', ['x-a', '1', 'x-b', '2']]])
  })

  test('before, between and behind the data, in their order', async () => {
    const { peer, told } = await bodyStage(read)
    await peer.sends(
      frames.headers(1, { 'x-a': '1' }),
      frames.data(1, 'x'),
      frames.headers(1, { 'x-a': '2' }),
      frames.data(1, 'y', { end: true }),
    )
    await peer.wants({ type: 'reply', id: 1, end: true })
    expect(told).toEqual([['xy', ['x-a', '1', 'x-a', '2']]])
  })

  test('none are none', async () => {
    const { peer, told } = await bodyStage(read)
    await peer.sends(frames.data(1, 'x', { end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true })
    expect(told).toEqual([['x', []]])
  })

  test('S01 S03 that may not be make the body no good for one who does not ask for them', async () => {
    for (const [name, value] of [
      [':status', '200'],
      ['x-sum', 'a\x01'],
    ] as const) {
      const { peer, told } = await bodyStage((body) => body.text())
      await peer.sends(frames.data(1, 'whole'), frames.headers(1, { [name]: value }, { end: true }))
      expect(told).toMatchObject([{ code: 'PROTOCOL_ERROR', scope: 'stream', blame: 'peer' }])
      await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    }
  })

  test('S03 with a pseudo field in them the stream is reset', async () => {
    const { peer, told } = await bodyStage(read)
    await peer.sends(frames.data(1, 'x'), frames.headers(1, { ':status': '200' }, { end: true }))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    expect(told).toEqual([expect.objectContaining({ message: "expected no ':status' here" })])
  })

  test('HeaderFields of them are a list like any other', async () => {
    const { peer, told } = await bodyStage(async (body) => body.trailers)
    await peer.sends(frames.headers(1, { 'x-a': '1' }, { end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true })
    expect(told).toEqual([HeaderFields.from({ 'x-a': '1' })])
  })
})
