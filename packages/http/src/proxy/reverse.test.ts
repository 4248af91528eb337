import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { type MuxSession, PlexusError } from '@plexus/contract'
import { memoryPair, virtualHost } from '@plexus/testkit'
import { createSession, type PlexusSession } from 'plexus'
import { connect, listen } from 'plexus/node'
import { requestOf } from '../pair.test.kit.js'
import { httpStreams } from '../server/serve.js'
import { type DialCall, type ReverseOptions, reverseServe } from './reverse.js'
import { ANY, ReverseHub } from './reverse-hub.js'
import { streamProxy } from './stream-proxy.js'

const hello = httpStreams((exchange) => exchange.end(`hello ${exchange.request.path}`))

const refusedDial = new PlexusError('expected a door, it is shut', {
  scope: 'request',
  code: 'CONNECTION_LOST',
  blame: 'carrier',
})

/** A proxy on the virtual clock, whose door a test opens and shuts; `calls`: when it was dialled. */
function stage(options: Partial<ReverseOptions> = {}) {
  const host = { ...virtualHost({ seed: 1 }), chance: () => 0.999_999 }
  const { clock } = host
  const calls: number[] = []
  const accepted: PlexusSession[] = []
  const door = { isOpen: true }
  const dial = async ({ handler, signal }: DialCall): Promise<MuxSession> => {
    calls.push(Math.round(clock.now()))
    signal.throwIfAborted()
    if (!door.isOpen) throw refusedDial
    const [near, far] = memoryPair({ clock })
    accepted.push(createSession({ codec: spdy(), host, carrier: far, role: 'client' }))
    return createSession({ codec: spdy(), host, carrier: near, role: 'server', handler })
  }
  const origin = reverseServe({ dial, handler: hello, host, ...options })
  return { origin, clock, calls, accepted, door }
}

async function ask(session: MuxSession, path: string): Promise<string> {
  const stream = await session.open({ headers: requestOf(path), end: true })
  await stream.replied
  return new TextDecoder().decode(await stream.read())
}

test('AM-13 who dialled serves, who accepted sends the requests', async () => {
  const { origin, clock, accepted } = stage()
  await clock.settle()
  expect(origin.state).toBe('serving')
  expect([origin.session?.role, accepted[0]?.role]).toEqual(['server', 'client'])
  expect(await ask(accepted[0]!, '/a')).toBe('hello /a')
  await origin.close()
  expect([origin.state, clock.pending]).toEqual(['closed', 0])
})

test('AM-13 it dials for ever: after 100 ms, twice as long each time, and at most 5 s', async () => {
  const { origin, clock, calls, door } = stage()
  door.isOpen = false
  await clock.advance(30_000)
  const waits = calls.slice(1).map((at, i) => at - calls[i]!)
  expect(waits.slice(0, 9)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  await clock.advance(3_600_000)
  expect(calls.length).toBeGreaterThan(720)
  expect(origin.state).toBe('waiting')
  await origin.close()
  expect(clock.pending).toBe(0)
})

test('AM-13 chance shortens a wait by up to a half', async () => {
  for (const [chance, wait] of [
    [0, 50],
    [0.5, 75],
  ] as const) {
    const host = { ...virtualHost(), chance: () => chance }
    const calls: number[] = []
    const dial = () => {
      calls.push(host.clock.now())
      return Promise.reject(refusedDial)
    }
    const origin = reverseServe({ dial, handler: hello, host })
    await host.clock.advance(99)
    expect(calls[1]! - calls[0]!).toBe(wait)
    await origin.close()
  }
})

test('AM-13 a lost connection is dialled anew; one that lasted makes the next wait a short one', async () => {
  const { origin, clock, calls, accepted } = stage()
  await clock.settle()
  // It breaks at once, three times: the waits grow, for a proxy that takes and drops is no better than none.
  for (let i = 0; i < 3; i++) {
    accepted.at(-1)!.destroy()
    await clock.until(() => accepted.length === i + 2, 5000)
    await clock.settle()
  }
  expect(calls.map((at, i) => (i === 0 ? 0 : at - calls[i - 1]!))).toEqual([0, 100, 200, 400])
  await clock.advance(6000)
  expect(origin.state).toBe('serving')
  const before = clock.now()
  accepted.at(-1)!.destroy()
  await clock.until(() => accepted.length === 5, 5000)
  expect(Math.round(clock.now() - before)).toBe(100)
  expect(await ask(accepted.at(-1)!, '/b')).toBe('hello /b')
  await origin.close()
})

test('AM-13 closing ends it in every state: dialling, serving, waiting, and before it begins', async () => {
  const stuck = virtualHost()
  const dialling = reverseServe({
    host: stuck,
    handler: hello,
    dial: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  })
  await stuck.clock.settle()
  expect(dialling.state).toBe('dialling')
  await dialling.close()
  expect([dialling.state, stuck.clock.pending]).toEqual(['closed', 0])

  const late = virtualHost()
  const [near, far] = memoryPair({ clock: late.clock })
  createSession({ codec: spdy(), host: late, carrier: far, role: 'client' })
  let open: (session: MuxSession) => void = () => undefined
  const crossing = reverseServe({
    host: late,
    handler: hello,
    dial: () => new Promise((resolve) => void (open = resolve)),
  })
  await late.clock.settle()
  const closed = crossing.close()
  // A dial that does not listen comes through when nobody wants it any more.
  const session = createSession({ codec: spdy(), host: late, carrier: near, role: 'server' })
  open(session)
  await closed
  expect([crossing.state, await session.closed]).toEqual(['closed', undefined])

  const { origin, clock, door, calls } = stage()
  door.isOpen = false
  await clock.settle()
  origin.session?.destroy()
  await clock.advance(1)
  await origin.close()
  expect([origin.state, clock.pending]).toEqual(['closed', 0])
  const count = calls.length
  await clock.advance(60_000)
  expect(calls).toHaveLength(count)

  const aborted = stage({ signal: AbortSignal.abort() })
  await aborted.origin.closed
  expect([aborted.origin.state, aborted.calls]).toEqual(['closed', []])
})

test('AM-13 the hub knows its origins by name, asks the newest, and forgets those that are gone', async () => {
  const host = virtualHost()
  const join = () => {
    const [near, far] = memoryPair({ clock: host.clock })
    createSession({ codec: spdy(), host, carrier: far, role: 'server' })
    return createSession({ codec: spdy(), host, carrier: near, role: 'client' })
  }
  const hub = new ReverseHub({ maxOrigins: 3 })
  const headFor = (authority: string) => ({
    method: 'GET',
    scheme: 'https',
    authority,
    path: '/',
    headers: undefined as never,
  })
  const at = (authority: string) => hub.route(headFor(authority))
  expect(at('a.test')).toBeUndefined()
  const [first, second, any, more] = [join(), join(), join(), join()]
  hub.add(first, 'A.test')
  hub.add(second, 'a.test')
  expect([at('a.test:8443'), at('b.test'), hub.names, hub.size]).toEqual([second, undefined, ['a.test'], 2])
  hub.add(any)
  expect([at('b.test'), hub.names]).toEqual([any, ['a.test', ANY]])
  expect(() => hub.add(more, 'b.test')).toThrow('at most 3 origins')
  expect(await more.closed).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
  second.destroy()
  await second.closed
  expect(at('a.test')).toBe(first)
  await Promise.all([hub.close(), host.clock.advance(2000)])
  expect([hub.size, hub.names, at('a.test')]).toEqual([0, [], undefined])
  const server = createSession({
    codec: spdy(),
    host,
    carrier: memoryPair({ clock: host.clock })[0],
    role: 'server',
  })
  expect(() => hub.add(server)).toThrow('on which we are the client')
})

test('AM-13 over real sockets: HTTP/1.1 in, a reverse connection out, 404 without one, and back after a loss', async () => {
  const hub = new ReverseHub()
  await using door = await listen('spdy+tcp://127.0.0.1:0', { role: 'client' }, (stream) => stream.refuse())
  const arrivals: (() => void)[] = []
  door.sessions$.subscribe((session) => {
    hub.add(session)
    for (const arrived of arrivals.splice(0)) arrived()
  })
  const arrival = () => new Promise<void>((resolve) => void arrivals.push(resolve))
  const front = createServer((req, res) => void streamProxy(hub.route, req, res))
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/c`
  const get = async () => {
    const answer = await fetch(url)
    return `${answer.status} ${await answer.text()}`
  }
  expect(await get()).toBe('404 Not Found\n')

  const here = arrival()
  const origin = reverseServe({
    handler: hello,
    minBackoffMs: 1,
    dial: ({ handler, signal }) => connect(door.url, { role: 'server', handler, signal }),
  })
  await here
  expect(await get()).toBe('200 hello /c')
  const again = arrival()
  for (const session of door.sessions) session.destroy()
  await again
  expect(await get()).toBe('200 hello /c')
  await origin.close()
  front.closeAllConnections()
  await new Promise((done) => front.close(done))
})
