import { describe, expect, test } from '@jest/globals'
import type { Carrier } from '@plexus/contract'
import { frames, lineProtocol, memoryPair, type Pieces, scriptedPeer, VirtualClock } from '../index.js'

const protocol = lineProtocol()

function dialogue(pieces: Pieces = 'merged', latencyMs = 0) {
  const clock = new VirtualClock()
  const [a, b] = memoryPair({ clock, pieces, latencyMs })
  const client = scriptedPeer({ protocol, role: 'client', carrier: a, clock })
  const server = scriptedPeer({ protocol, role: 'server', carrier: b, clock })
  return { clock, client, server, a, b }
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it went well',
    (error: Error) => error.message,
  )

describe('a scripted peer', () => {
  test('gives back the frame it wanted', async () => {
    const { client, server } = dialogue()
    await client.sends(frames.open(1, { headers: { ':path': '/a' }, end: true }))
    const open = await server.wants({ type: 'open', headers: { ':path': '/a' } })
    expect([open.id, open.priority, open.end]).toEqual([1, 3, true])
    await server.idle()
  })

  test.each<Pieces>(['merged', 'bytes', [1, 5]])(
    'sees whole data frames when bytes come %p',
    async (pieces) => {
      const { client, server } = dialogue(pieces)
      await client.sends(frames.data(1, 'hello'), frames.data(1, '', { end: true }), frames.ping(7n))
      await server.wants({ type: 'data', id: 1, payload: 'hello', end: false })
      await server.wants({ type: 'data', payload: '', end: true })
      await server.wants({ type: 'ping', token: 7n, ack: false })
    },
  )

  test('lets time pass while it waits, and no more than the frame takes', async () => {
    const { clock, client, server } = dialogue('merged', 40)
    await client.sends(frames.ping(1))
    await server.wants({ type: 'ping' })
    expect(clock.now()).toBe(40)
  })

  test('says what it wanted, what it got, where they differ, and all that was said', async () => {
    const { client, server } = dialogue()
    await client.sends(frames.reset(1))
    const message = await messageOf(server.wants({ type: 'reset', id: 3, code: 'CANCEL' }))
    expect(message).toBe(
      [
        'the peer wanted',
        '  reset 3 code="CANCEL"',
        'and got',
        '  reset 1 code="CANCEL"',
        'where',
        '  id: wanted 3, got 1',
        'the dialogue, in ms (> it sent, < it got)',
        '       0.0 < reset 1 code="CANCEL"',
      ].join('\n'),
    )
  })

  test('gives up on a frame that does not come within its time', async () => {
    const { clock, server } = dialogue()
    expect(await messageOf(server.wants({ type: 'ping' }))).toContain('nothing in 1000 ms')
    expect(clock.now()).toBe(1000)
  })

  test('takes frames in any order where it wants any', async () => {
    const { client, server } = dialogue()
    await client.sends(frames.window(0, 5), frames.ping(1))
    const [ping, window] = await server.wantsAny([{ type: 'ping' }, { type: 'window', delta: (n) => n > 4 }])
    expect([ping?.type, window?.type]).toEqual(['ping', 'window'])
  })

  test('wants a payload in however many frames', async () => {
    const { client, server } = dialogue()
    await client.sends(frames.data(1, 'he'), frames.data(1, 'llo'), frames.data(1, '', { end: true }))
    await server.wantsPayload(1, 'hello', { end: true })
    await server.idle()
  })

  test('is not idle while a frame is unread, unless it ignores such frames', async () => {
    const { client, server } = dialogue()
    await client.sends(frames.ping(1))
    expect(await messageOf(server.idle())).toContain('and got\n  ping token=1')
    await server.ignores({ type: 'ping' }).idle()
  })

  test('sends bytes as they stand, and its codec says what is wrong with them', async () => {
    const { client, server } = dialogue()
    await client.sendsBytes('68 69 0a')
    await server.wants({ type: 'fault', scope: 'session', message: /JSON/ })
  })

  test('that stalls takes nothing until it resumes', async () => {
    const { client, server } = dialogue()
    server.stalls()
    await client.sends(frames.ping(1))
    await server.idle()
    await server.resumes()
    await server.wants({ type: 'ping' })
  })

  test('sees the end, and the close with its error', async () => {
    const { client, server, a } = dialogue()
    await client.ends()
    await server.wantsEnd()
    a.outgoing.cut('silence')
    a.incoming.cut('reset')
    expect((await server.wantsClosed())?.message).toBe('read ECONNRESET')
  })

  test('starts its carrier and nothing else', () => {
    const calls: string[] = []
    const carrier = new Proxy({} as Carrier, { get: (_, name) => () => calls.push(String(name)) })
    scriptedPeer({ protocol, role: 'client', carrier, clock: new VirtualClock() })
    expect(calls).toEqual(['start'])
  })
})
