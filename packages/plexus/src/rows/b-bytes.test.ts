import { describe, expect, jest, test } from '@jest/globals'
import type { Role } from '@plexus/contract'
import type { ChartMode } from '@plexus/engine'
import { bytesOf, type Fault, faultBy, frames, seededChance } from '@plexus/testkit'
import { bareStage, CASTS } from './stage.test.kit.js'
import { Waits } from './waits.test.kit.js'

// Sweeps: on a busy machine they take their time.
jest.setTimeout(60_000)

// The runner fails a test in which anything is thrown past everybody or rejects with nobody to see it: a row of this
// file that passes says that neither happened.

/** Plays a few streams over a carrier with `faults`, then ends the session. @returns what went wrong, in words. */
async function survive(charts: ChartMode, role: Role, faults: readonly Fault[], foreign?: Uint8Array) {
  const waits = new Waits()
  const take = async (stream: Parameters<Waits['watchStream']>[1]) => {
    await waits.watchStream(`stream ${stream.id}`, stream)
    void waits.watch(`stream ${stream.id} write`, stream.write('x', { end: true }))
  }
  const set = bareStage({ charts, role, faults: { b: faults }, handler: take })
  const { session, peer, clock } = set
  void waits.watch('closed', session.closed)
  void waits.watch('ping', session.ping())
  if (role === 'client') {
    for (let i = 0; i < 3; i += 1)
      void waits.watch(`open ${i}`, session.open()).then((stream) => stream && take(stream))
  }
  if (foreign !== undefined) await peer.sendsBytes(foreign)
  await peer.sends(frames.settings({ maxConcurrentStreams: 10, initialWindow: 70_000 }))
  for (const id of [1, 3, 5]) {
    await peer.sends(role === 'client' ? frames.reply(id) : frames.open(id, { headers: { path: '/' } }))
    await peer.sends(frames.data(id, 'hello'), frames.headers(id, { more: 'x' }), frames.window(id, 100))
    await peer.sends(frames.data(id, 'y'.repeat(200), { end: true }))
  }
  await peer.sends(frames.ping(role === 'client' ? 1 : 2, { ack: true }), frames.goAway(5))
  await clock.advance(2000)
  session.destroy()
  await clock.advance(2000)
  const wrong = waits.unsettled.map((name) => `'${name}' never settles`)
  const error = await session.closed
  if (error?.blame === 'us') wrong.push(`we are blamed: ${error.message}`)
  if (session.streamCount !== 0) wrong.push(`${session.streamCount} streams are left`)
  if (clock.pending !== 0) wrong.push(`${clock.pending} timers are left`)
  return wrong
}

describe.each(CASTS)('bytes that nobody meant, as $role with $charts charts', ({ charts, role }) => {
  test('B05 one fault of any kind anywhere harms nobody but the session, by seed', async () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const wrong = await survive(charts, role, [faultBy(seededChance(seed), 900)])
      expect({ seed, wrong }).toEqual({ seed, wrong: [] })
    }
  })

  test('B05 several faults at once harm nobody but the session, by seed', async () => {
    for (let seed = 1001; seed <= 1100; seed += 1) {
      const chance = seededChance(seed)
      const faults = Array.from({ length: 5 }, () => faultBy(chance, 900))
      expect({ seed, wrong: await survive(charts, role, faults) }).toEqual({ seed, wrong: [] })
    }
  })

  test('B05 a byte of any value at the head of a frame harms nobody', async () => {
    for (let mask = 1; mask < 256; mask += 1) {
      const at = mask % 2 === 0 ? 0 : 28
      const wrong = await survive(charts, role, [{ kind: 'flip', at, mask }])
      expect({ mask, wrong }).toEqual({ mask, wrong: [] })
    }
  })

  test.each([
    ['an HTTP/1.1 request', bytesOf('GET / HTTP/1.1\r\nHost: example.test\r\n\r\n')],
    ['the preface of HTTP/2', bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['a TLS hello', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...new Uint8Array(507).fill(7))],
    ['an SSH banner', bytesOf('SSH-2.0-OpenSSH_9.6\r\n')],
    ['noughts', new Uint8Array(4096)],
    ['ones', new Uint8Array(4096).fill(0xff)],
    ['noise', seededChance(7).bytes(100_000)],
  ])('B05 %s at the start harms nobody', async (_name, foreign) => {
    expect(await survive(charts, role, [], foreign)).toEqual([])
  })
})

describe('frames that nobody meant', () => {
  test.each(['client', 'server'] as const)('B05 as %s, any frame may come twice', async (role) => {
    const set = bareStage({ role })
    const { session, peer, clock } = set
    if (role === 'client') await session.open()
    const first = role === 'client' ? frames.reply(1) : frames.open(1)
    const ping = frames.ping(role === 'client' ? 2 : 1)
    const said = [frames.settings({ initialWindow: 1000 }), first, frames.headers(1, { x: '1' }), ping]
    for (const frame of said) await peer.sends(frame, frame)
    await peer.sends(frames.data(1, 'x', { end: true }), frames.data(1, 'x', { end: true }))
    await peer.sends(frames.reset(1), frames.reset(1), frames.goAway(1), frames.goAway(1))
    await clock.advance(2000)
    expect((await session.closed)?.blame).not.toBe('us')
    expect(clock.pending).toBe(0)
  })
})
