import { afterEach, describe, expect, it } from '@jest/globals'
import { nodeHost } from '@plexus/carrier-node'
import { type ChartMode, machines } from '@plexus/engine'
import { memoryPair } from '@plexus/testkit'
import { firstValueFrom, toArray } from 'rxjs'
import {
  type CreateSessionOptions,
  createSession,
  type MuxStream,
  PlexusError,
  type PlexusSession,
  type Protocol,
  type SessionEvent,
} from './index.js'

let client: PlexusSession
let server: PlexusSession

afterEach(() => {
  client?.destroy()
  server?.destroy()
})

async function echo(stream: MuxStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk)
}

function couple(options: Partial<CreateSessionOptions> = {}): void {
  const [a, b] = memoryPair({ clock: nodeHost.clock })
  const shared = { codec: 'spdy', host: nodeHost, ...options }
  server = createSession({ ...shared, carrier: b, role: 'server', handler: echo })
  client = createSession({ ...shared, carrier: a, role: 'client' })
}

/** Events are told at the end of the turn they happen in. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function exchange(text: string): Promise<string> {
  const stream = await client.open({ headers: { ':path': '/' } })
  await stream.write(text, { end: true })
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe.each<ChartMode>(['compiled', 'interpreted'])('a session whose charts are %s', (charts) => {
  it('needs a codec, a carrier and a role', async () => {
    couple({ charts })
    expect(await exchange('hello')).toBe('hello')
    expect(client).toMatchObject({ role: 'client', protocol: 'spdy/3.1', label: 'memory a' })
    expect(client.stats).toMatchObject({ streamsOpened: 1, peakStreams: 1 })
    expect(await client.ping()).toBeGreaterThanOrEqual(0)
    await client.close()
    expect(await client.closed).toBeUndefined()
    expect(await server.closed).toBeUndefined()
  })

  it('shows its actors to an inspector, all of them', async () => {
    const seen = new Set<string>()
    couple({ charts, inspect: (event) => seen.add(event.actorRef.sessionId) })
    await exchange('hello')
    expect(seen.size).toBeGreaterThanOrEqual(Object.keys(machines).length)
  })

  it('speaks what was put around its protocol', async () => {
    const types: string[] = []
    const listening = ({ traits, create }: Protocol): Protocol => ({
      traits,
      create(options) {
        const codec = create(options)
        const decode = codec.decode.bind(codec)
        codec.decode = (chunk, emit) => decode(chunk, (frame) => types.push(frame.type) > 0 && emit(frame))
        return codec
      },
    })
    couple({ charts, wrapProtocol: listening })
    expect(await exchange('hello')).toBe('hello')
    expect(types).toEqual(expect.arrayContaining(['settings', 'data']))
  })
})

describe('what happens on a session', () => {
  it('is told in order, from opened to closed, and then no more', async () => {
    couple()
    const told = firstValueFrom(client.events$.pipe(toArray()))
    await exchange('hello')
    await client.ping()
    await client.close()
    const events = await told
    expect(events.map(({ type }) => type)).toEqual([
      'opened',
      'replied',
      'ended',
      'pinged',
      'draining',
      'closed',
    ])
    const times = events.map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('is told with its cause', async () => {
    couple()
    const events: SessionEvent[] = []
    client.events$.subscribe((event) => events.push(event))
    const stream = await client.open()
    stream.reset('CANCEL')
    await client.close()
    const reset = events.find((event) => event.type === 'reset')
    expect(reset).toMatchObject({ stream, error: { code: 'CANCEL', blame: 'application' } })
  })

  it('is told to all who are there, and to nobody who left', async () => {
    couple()
    const [first, second]: [string[], string[]] = [[], []]
    const leaving = client.events$.subscribe(({ type }) => first.push(type))
    client.events$.subscribe(({ type }) => second.push(type))
    await exchange('one')
    await turn()
    leaving.unsubscribe()
    await exchange('two')
    await turn()
    const once = ['opened', 'replied', 'ended']
    expect(first).toEqual(once)
    expect(second).toEqual([...once, ...once])
  })

  it('is told to those who come late, from then on, also when everybody had left', async () => {
    couple()
    client.events$.subscribe().unsubscribe()
    await exchange('unseen')
    const types: string[] = []
    client.events$.subscribe(({ type }) => types.push(type))
    await client.ping()
    await turn()
    expect(types).toEqual(['pinged'])
  })

  it('completes at once for those who come when all is over', async () => {
    couple()
    await client.close()
    await client.closed
    expect(await firstValueFrom(client.events$.pipe(toArray()))).toEqual([])
  })
})

describe('what cannot be is refused before anything is done', () => {
  it.each<[string, Partial<CreateSessionOptions>]>([
    ['a protocol that there is not', { codec: 'gopher' }],
    ['a limit that there is not', { limits: { maxDragons: 1 } as object }],
    ['a limit below zero', { limits: { maxInboundStreams: -1 } }],
  ])('%s', (_, options) => {
    expect(() => couple(options)).toThrow(PlexusError)
  })
})
