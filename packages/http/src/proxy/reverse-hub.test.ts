import { expect, test } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { HeaderFields } from '@plexus/contract'
import { memoryPair, virtualHost } from '@plexus/testkit'
import { createSession } from 'plexus'
import { requestOf } from '../pair.test.kit.js'
import { ReverseHub } from './reverse-hub.js'

const host = virtualHost()

/** An origin that has dialled; it answers nothing by itself. */
function dialler() {
  const [near, far] = memoryPair({ clock: host.clock })
  const origin = createSession({
    codec: spdy(),
    host,
    carrier: far,
    role: 'server',
    handler: () => undefined,
  })
  return { origin, session: createSession({ codec: spdy(), host, carrier: near, role: 'client' }) }
}

const to = (authority: string) => ({
  ...{ method: 'GET', scheme: 'https', authority, path: '/' },
  headers: HeaderFields.NONE,
})

test('AM-13 S15 an origin that says it goes away is asked no more, and what it serves goes on', async () => {
  const hub = new ReverseHub()
  const [old, next] = [dialler(), dialler()]
  hub.add(old.session, 'a.test')
  const stream = await old.session.open({ headers: requestOf('/slow'), end: true })
  await host.clock.settle()
  void old.origin.close()
  await host.clock.settle()
  expect([hub.route(to('a.test')), hub.names, hub.size]).toEqual([undefined, [], 1])
  expect(stream.state).not.toBe('closed')
  hub.add(next.session, 'a.test')
  expect(hub.route(to('a.test'))).toBe(next.session)
  await Promise.all([hub.close({ timeoutMs: 10 }), host.clock.advance(5000)])
  expect(hub.size).toBe(0)
})

test('AM-13 S15 who may not bear a name is turned away, and a hook that throws is a no', async () => {
  const hub = new ReverseHub({
    mayServe(name) {
      if (name === 'broken.test') throw new Error('no list')
      return name === 'mine.test'
    },
  })
  hub.add(dialler().session, 'Mine.Test')
  for (const name of ['yours.test', 'broken.test', undefined]) {
    const { session } = dialler()
    expect(() => hub.add(session, name)).toThrow('expected an origin that may serve')
    expect(await session.closed).toMatchObject({ code: 'INADEQUATE_SECURITY' })
  }
  expect(hub.names).toEqual(['mine.test'])
})

test('one name takes no more places than it is given', async () => {
  const hub = new ReverseHub({ maxPerName: 2 })
  for (let i = 0; i < 2; i++) hub.add(dialler().session, 'a.test')
  const { session } = dialler()
  expect(() => hub.add(session, 'a.test')).toThrow("at most 2 origins of the name 'a.test'")
  expect(await session.closed).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
  hub.add(dialler().session, 'b.test')
  expect(hub.size).toBe(3)
})
