/** Who goes first on HTTP/2 (RFC 9218): what a client says of it, and what a server does. */
import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { HttpClient, type HttpClientOptions } from './client/http-client.js'
import { readUrgency } from './message/urgency.js'
import { h2RequestOf, stageOf } from './pair.test.kit.js'

const protocol = 'h2'

test.each([
  ['u=0', { urgency: 0 }],
  ['i, u=5', { urgency: 5, incremental: true }],
  ['u=1;x=2,\ti=?0', { urgency: 1, incremental: false }],
  ['u=1, u=2', { urgency: 2 }],
  ['u=8, i=1, U=1, v=1, u', {}],
  ['', {}],
])('RFC 9218 §4 a field that says %p says %p', (text, said) => {
  expect(readUrgency(text)).toEqual(said)
})

describe('a client', () => {
  const stage = async (options: HttpClientOptions = {}) => {
    const all = await stageOf('client', undefined, { protocol })
    return {
      ...all,
      client: new HttpClient(all.session, { origin: 'http://h.test', clock: all.clock, ...options }),
    }
  }

  test.each([
    ['what it is asked to', { path: '/', priority: 1, incremental: false } as const, 'u=1'],
    ['that pieces are of use', { path: '/', priority: 1 } as const, 'u=1, i'],
    ['what the path is, if nobody says', { path: '/a.png' }, 'u=7, i'],
    ['what the caller’s own field says', { path: '/', headers: { priority: 'u=6' } }, 'u=6'],
  ])('says %s', async (_, request, said) => {
    const { client, peer } = await stage()
    client.request(request).catch(() => {})
    await peer.wants({ type: 'open', id: 1, headers: { priority: said } })
  })

  test('asks its rule', async () => {
    const { client, peer } = await stage({ priorityFor: (url) => (url === 'http://h.test/a' ? 2 : 5) })
    client.request({ path: '/a', incremental: false }).catch(() => {})
    await peer.wants({ type: 'open', id: 1, headers: { priority: 'u=2' } })
  })

  test('RFC 9218 §7.1 says on the way that it changed its mind', async () => {
    const { client, peer } = await stage()
    const answer = client.request({ path: '/' })
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(frames.reply(1, { headers: { ':status': '200' } }))
    ;(await answer).stream.prioritise(6, false)
    await peer.wants({ type: 'priority', id: 1, urgency: 6, incremental: false })
  })
})

describe('a server', () => {
  /** Ids in the order in which their bytes came, as far as the window of the session goes. */
  async function orderOf(wishes: readonly [string, string], answers: readonly (string | undefined)[] = []) {
    const { peer } = await stageOf(
      'server',
      (exchange) => {
        const priority = answers[exchange.stream.id === 1 ? 0 : 1]
        exchange.respond(priority === undefined ? {} : { headers: { priority } })
        void exchange.write(new Uint8Array(40_000))
        return exchange.end()
      },
      { protocol },
    )
    await peer.sends(
      ...wishes.map((priority, i) =>
        frames.open(2 * i + 1, { headers: h2RequestOf('/', { priority }), end: true }),
      ),
    )
    const order: number[] = []
    let size = 0
    for (let i = 0; i < 2; i++) await peer.wants({ type: 'reply' })
    while (size < 65_535) {
      const { id, payload } = await peer.wants({ type: 'data' })
      size += payload.length
      if (order.at(-1) !== id) order.push(id)
    }
    return order
  }

  test('RFC 9218 §10 answers what is more urgent first', async () => {
    expect(await orderOf(['u=5', 'u=1'])).toEqual([3, 1])
    expect(await orderOf(['u=1', 'u=5'])).toEqual([1, 3])
  })

  test('RFC 9218 §10 answers one after the other, or by turns where pieces are of use', async () => {
    expect(await orderOf(['u=3', 'u=3'])).toEqual([1, 3])
    expect((await orderOf(['u=3, i', 'u=3, i'])).length).toBeGreaterThan(2)
  })

  test('RFC 9218 §8 the answer’s own field goes before the client’s, and what it does not say stays', async () => {
    expect(await orderOf(['u=5', 'u=1'], ['u=0', undefined])).toEqual([1, 3])
    expect(await orderOf(['u=3, i', 'u=3, i'], ['i=?0', 'i=?0'])).toEqual([1, 3])
    expect((await orderOf(['u=3, i', 'u=3, i'], ['u=4', 'u=4'])).length).toBeGreaterThan(2)
  })
})
