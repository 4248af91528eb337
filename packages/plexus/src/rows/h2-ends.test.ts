/** HTTP/2 over the charts: two of our ends, from the first byte to the last. */
import { describe, expect, it } from '@jest/globals'
import { http2 } from '@plexus/codec-http2'
import { HeaderFields, type Limits, type StreamHandler } from '@plexus/contract'
import { type ChartMode, Session } from '@plexus/engine'
import { type MemoryPairOptions, memoryPair, type VirtualClock, virtualHost } from '@plexus/testkit'
import { echo } from './couple.test.kit.js'
import { CHART_MODES } from './stage.test.kit.js'

interface Options extends Partial<Omit<MemoryPairOptions, 'clock'>> {
  readonly charts: ChartMode
  readonly handler?: StreamHandler
  readonly limits?: Partial<Limits>
}

/** A client and a server of HTTP/2, on one virtual clock. */
function couple({ charts, handler = echo, limits, ...pair }: Options) {
  const host = virtualHost({ seed: 1 })
  const { clock } = host
  const protocol = http2()
  const [near, far] = memoryPair({ ...pair, clock, chance: host.chance, record: false })
  const shared = { protocol, host, limits, charts }
  const client = new Session({ ...shared, carrier: near, role: 'client' })
  const server = new Session({ ...shared, carrier: far, role: 'server', handler })
  return { clock, client, server }
}

const filled = (bytes: number, salt = 0) =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + salt) & 0xff)

async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What `wait` settles with, however long it takes on the clock. */
async function settled<T>(clock: VirtualClock, wait: Promise<T>): Promise<T> {
  let isDone = false
  const done = () => {
    isDone = true
  }
  wait.then(done, done)
  await clock.until(() => isDone, 600_000)
  return wait
}

describe.each(CHART_MODES)('%s charts', (charts) => {
  it('greets, acknowledges, pings, and knows the protocol by its name', async () => {
    const { clock, client, server } = couple({ charts })
    expect(await settled(clock, client.ping())).toBe(0)
    expect([client.protocol, server.protocol]).toEqual(['h2', 'h2'])
    await clock.advance(11_000)
    expect([client.actor.getSnapshot().status, server.actor.getSnapshot().status]).toEqual([
      'active',
      'active',
    ])
  })

  it('DG-18 carries many streams, larger than every window, without a byte lost', async () => {
    const { clock, client } = couple({ charts, latencyMs: 3 })
    const one = async (salt: number) => {
      const stream = await client.open({ headers: { ':path': `/${salt}` } })
      const bytes = filled(200_000, salt)
      void stream.write(bytes, { end: true })
      expect((await stream.replied).get(':status')).toBe('200')
      expect((await all(stream)).equals(Buffer.from(bytes))).toBe(true)
      expect(await stream.closed).toBeUndefined()
    }
    await settled(clock, Promise.all(Array.from({ length: 30 }, (_, salt) => one(salt))))
    expect(client.streamCount).toBe(0)
  })

  it('DG-23 tells what comes before the reply, the reply, and the trailers apart', async () => {
    const { clock, client } = couple({
      charts,
      async handler(stream) {
        stream.inform({ ':status': '103', link: '</a>' })
        stream.reply({ ':status': '201' })
        await stream.write('body')
        stream.writeHeaders({ sum: '1' }, { end: true })
      },
    })
    const seen = async () => {
      const stream = await client.open({ headers: { ':path': '/' }, end: true })
      const early = (await stream.readInform())?.toJSON()
      const reply = (await stream.replied).get(':status')
      const body = (await all(stream)).toString()
      return [early, reply, body, (await stream.readHeaders())?.toJSON(), await stream.closed]
    }
    expect(await settled(clock, seen())).toEqual([
      [
        [':status', '103'],
        ['link', '</a>'],
      ],
      '201',
      'body',
      [['sum', '1']],
      undefined,
    ])
  })

  it('refuses headers after the first that do not end the stream, and the stream goes on', async () => {
    const { clock, client } = couple({ charts })
    const stream = await settled(clock, client.open())
    expect(() => stream.writeHeaders({ a: 'b' })).toThrow('to end the stream')
    void stream.write('on', { end: true })
    expect((await settled(clock, all(stream))).toString()).toBe('on')
  })

  it('lets no server open a stream', async () => {
    const { clock, client, server } = couple({ charts })
    await settled(clock, client.ping())
    await expect(server.open()).rejects.toMatchObject({
      scope: 'request',
      blame: 'us',
      processed: 'no',
    })
    expect(await settled(clock, client.ping())).toBe(0)
  })

  it('H17 keeps the tables in step through resets, refusals, and headers that may not be sent', async () => {
    const { clock, client } = couple({
      charts,
      async handler(stream) {
        if (stream.headers.get('x-do') === 'refuse') return stream.refuse()
        stream.reply({ ':status': '200', 'x-echo': stream.headers.get('x-new') ?? 'none' })
        await stream.close()
      },
    })
    for (let i = 0; i < 20; i += 1) {
      const headers = { ':path': `/${i}`, 'x-new': `value ${i}`, 'x-do': i % 3 === 0 ? 'refuse' : 'answer' }
      const stream = await settled(clock, client.open({ headers, end: true }))
      if (i % 5 === 0)
        await expect(client.open({ headers: { 'x-bad': 'two\nlines' } })).rejects.toThrow('expected')
      if (i % 3 === 0)
        await expect(settled(clock, stream.replied)).rejects.toMatchObject({ code: 'REFUSED_STREAM' })
      else expect((await settled(clock, stream.replied)).get('x-echo')).toBe(`value ${i}`)
    }
  })

  it('AM-12 B17 drains: what is open ends, what is new is refused, and both sides say it was orderly', async () => {
    const { clock, client, server } = couple({ charts, latencyMs: 5 })
    const stream = await settled(clock, client.open())
    await settled(clock, stream.write('before'))
    // What the server has not heard of when it goes away it never took.
    await settled(clock, client.ping())
    const closed = server.close()
    await clock.advance(50)
    await expect(client.open()).rejects.toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    await settled(clock, stream.write(' and after', { end: true }))
    expect((await settled(clock, all(stream))).toString()).toBe('before and after')
    await settled(clock, closed)
    expect([await settled(clock, client.closed), await settled(clock, server.closed)]).toEqual([
      undefined,
      undefined,
    ])
  })

  it('a header block of sixty kilobytes goes out in frames that the peer takes', async () => {
    const { clock, client } = couple({
      charts,
      handler: (stream) =>
        stream.reply({ 'x-size': `${stream.headers.get('x-long')?.length}` }, { end: true }),
    })
    const stream = await settled(clock, client.open({ headers: { 'x-long': '~'.repeat(60_000) }, end: true }))
    expect((await settled(clock, stream.replied)).get('x-size')).toBe('60000')
  })

  it('B02 the same in pieces of one byte', async () => {
    const { clock, client } = couple({ charts, pieces: 'bytes' })
    const stream = await settled(clock, client.open({ headers: HeaderFields.from({ 'x-a': 'b' }) }))
    void stream.write(filled(2000), { end: true })
    expect((await settled(clock, all(stream))).equals(Buffer.from(filled(2000)))).toBe(true)
  })
})
