import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { nodeHost } from '@plexus/carrier-node'
import { memoryPair } from '@plexus/testkit'
import { createSession, type MuxStream, provider, type StreamProvider } from './index.js'

let client: StreamProvider
let server: StreamProvider

beforeEach(() => {
  const [a, b] = memoryPair({ clock: nodeHost.clock })
  client = provider(createSession({ codec: 'spdy', host: nodeHost, carrier: a, role: 'client' }))
  server = provider(createSession({ codec: 'spdy', host: nodeHost, carrier: b, role: 'server' }))
})

afterEach(async () => {
  const cut = { timeoutMs: 1 }
  await Promise.all([client.close(cut), server.close(cut)])
})

const name = (stream: MuxStream) => stream.headers.get('x-name')
const open = (text: string) => client.open({ 'x-name': text })

describe('a provider', () => {
  it('yields the streams of the peer, until the end', async () => {
    const streams = server.listen()[Symbol.asyncIterator]()
    await open('a')
    await open('b')
    expect(name((await streams.next()).value)).toBe('a')
    expect(name((await streams.next()).value)).toBe('b')
    const last = streams.next()
    void server.close({ timeoutMs: 1 })
    expect((await last).done).toBe(true)
  })

  it('hands each stream to the handler, though nobody iterates', async () => {
    server.listen((stream) => stream.write(`hello ${name(stream)}`, { end: true }))
    const stream = await open('a')
    expect(Buffer.from((await stream.read())!).toString()).toBe('hello a')
  })

  it('yields what the handler did not refuse', async () => {
    const streams = server.listen((stream) => (name(stream) === 'bad' ? stream.refuse() : stream.reply()))
    const bad = await open('bad')
    await open('good')
    await expect(bad.replied).rejects.toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    const { value } = await streams[Symbol.asyncIterator]().next()
    expect(name(value)).toBe('good')
  })

  it('resets the stream of a handler that fails, and goes on', async () => {
    server.listen(async (stream) => {
      if (name(stream) === 'bad') throw new Error('no')
      stream.reply()
    })
    const [bad, good] = [await open('bad'), await open('good')]
    expect(await bad.closed).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
    expect((await good.replied).size).toBe(0)
  })

  it('listens once', () => {
    server.listen()
    expect(() => server.listen()).toThrow('expected one call of listen')
  })
})
