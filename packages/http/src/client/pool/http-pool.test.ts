/** Whose connections does a request go on, and what if the dialler is odd? */
import { expect, test } from '@jest/globals'
import { HttpPool, type PoolRequest } from './http-pool.js'
import type { DialledSession } from './options.js'
import { fateOf, inTime, peerStage, serverStage } from './pool.test.kit.js'

test.each([
  ['nothing', () => undefined],
  ['what is no session', () => ({ session: {} })],
  [
    'a session on which we are the server',
    (session: object) => Object.assign(Object.create(session), { role: 'server' }),
  ],
  [
    'a throw',
    () => {
      throw new Error('at once')
    },
  ],
])('a dialler that gives %s has failed, and harms nobody', async (_, give) => {
  const { pool, clock, sessions } = serverStage((exchange) => exchange.end('here'))
  const { dial } = pool.options
  let dials = 0
  const odd = new HttpPool({
    ...pool.options,
    maxDials: 2,
    dial: async (target, signal) => {
      dials += 1
      const made = (await dial(target, signal)) as DialledSession
      if (dials > 2) return made
      const given = give(new Proxy(made.session, { get: (it, name) => bound(it, name) })) as unknown
      return given as DialledSession
    },
  })
  const asked = odd.do({ path: '/' }).catch((error: unknown) => error)
  expect(await inTime(clock, asked)).toMatchObject({ scope: 'request', processed: 'no' })
  expect(dials).toBe(2)
  expect((await inTime(clock, odd.do({ path: '/' }))).status).toBe(200)
  await inTime(clock, odd.close())
  for (const session of sessions) session.destroy()
})

test('a request says where it goes by its URL, its authority, or its origin; else it goes to the pool’s', async () => {
  const { pool, clock, dials, peers, events } = peerStage({ origin: 'https://own.test' })
  const asked: Promise<string>[] = []
  const goes = async (request: PoolRequest): Promise<string> => {
    const before = new Map(peers.map((peer) => [peer, peer.frames.length]))
    asked.push(fateOf(pool.request(request)))
    await clock.settle()
    const peer = peers.find((one) =>
      one.frames.some(({ type }, at) => type === 'open' && at >= (before.get(one) ?? 0)),
    )
    if (peer === undefined) return await asked.at(-1)!
    const open = peer.frames.findLast((frame) => frame.type === 'open')!
    const made = events.filter((event) => event.type === 'connection' && event.state === 'connecting')
    return `${made[peers.indexOf(peer)]!.origin} ${open.headers.get(':host')} ${open.headers.get(':path')}`
  }
  expect(await goes({ path: '/a' })).toBe('https://own.test own.test /a')
  expect(await goes({ url: '/b?c' })).toBe('https://own.test own.test /b?c')
  expect(await goes({ url: 'http://other.test/d' })).toBe('http://other.test other.test /d')
  expect(await goes({ path: '/e', authority: 'third.test:81' })).toBe(
    'https://third.test:81 third.test:81 /e',
  )
  expect(await goes({ path: '/f', authority: 'third.test:81', scheme: 'http' })).toBe(
    'http://third.test:81 third.test:81 /f',
  )
  expect(await goes({ url: '/g', origin: 'https://front.test', authority: 'hidden.test' })).toBe(
    'https://front.test hidden.test /g',
  )
  expect(await goes({ method: 'CONNECT', authority: 'far.test:443' })).toBe(
    'https://own.test far.test:443 far.test:443',
  )
  expect(await goes({ path: '/h', authority: 'a b' })).toBe('PROTOCOL_ERROR, processed: no')
  expect(dials.length).toBe(5)
  await inTime(clock, pool.destroy())
  await Promise.all(asked)
})

/** A method of the real one, whatever it is asked through. */
function bound(it: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(it, name)
  return typeof value === 'function' ? value.bind(it) : value
}

test('options that make no sense are refused at once', () => {
  const dial = () => Promise.reject(new Error('never'))
  for (const options of [
    { maxConnections: 0 },
    { waitTimeoutMs: -1 },
    { idleTimeoutMs: Number.NaN },
    { maxDials: 0 },
  ])
    expect(() => new HttpPool({ dial, ...options })).toThrow(
      expect.objectContaining({ scope: 'request', blame: 'application', processed: 'no' }),
    )
})

test('an observer that throws has no say', async () => {
  const { pool, clock } = serverStage((exchange) => exchange.end('here'), {
    observe() {
      throw new Error('mine')
    },
  })
  expect((await pool.do({ path: '/' })).status).toBe(200)
  await inTime(clock, pool.close())
})
