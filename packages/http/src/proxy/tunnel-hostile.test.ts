/** A tunnel of HTTP/1.1 over a session, where either end does as it likes: the other hears of it, and nothing is left. */
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { frames, type ScriptedPeer } from '@plexus/testkit'
import type { PlexusSession } from 'plexus'
import { RawClient, scriptedOrigin, serverOf } from './front.test.kit.js'
import { connectTunnel } from './node-tunnel.js'

const OK = { ':status': '200 OK', ':version': 'HTTP/1.1' }

let session: PlexusSession
let peer: ScriptedPeer
let front: Awaited<ReturnType<typeof serverOf>>
let client: RawClient
let failed: Promise<unknown>

beforeEach(async () => {
  ;({ session, peer } = await scriptedOrigin())
  front = await serverOf((_, res) => void res.end())
  failed = new Promise((resolve) => {
    front.on('connect', (req, socket, head) => {
      connectTunnel(session, req, socket, head).then(() => resolve(undefined), resolve)
    })
  })
  client = new RawClient((front.address() as AddressInfo).port)
  client.says('CONNECT a.test:1 HTTP/1.1\r\nHost: x\r\n\r\n')
  await peer.wants({ type: 'open', id: 1 })
})

afterEach(() => {
  client[Symbol.dispose]()
  front.close()
  session.destroy()
})

test.each([
  ['turns it down', frames.reply(1, { headers: { ...OK, ':status': '302 Found' }, end: true })],
  ['answers without a status', frames.reply(1, { headers: { ':version': 'HTTP/1.1' } })],
  ['refuses it', frames.reset(1, 'REFUSED_STREAM')],
])('S14 an origin that %s is a 502, and the connection ends', async (_, frame) => {
  await peer.sends(frame)
  expect(await client.over()).toMatch(/^HTTP\/1.1 502 /)
  expect(await failed).toBeInstanceOf(Error)
  expect(session.streamCount).toBe(0)
})

test('S14 an origin that breaks off breaks the client’s connection', async () => {
  await peer.sends(frames.reply(1, { headers: OK }), frames.data(1, 'half'))
  await client.hears('half')
  await peer.sends(frames.reset(1, 'INTERNAL_ERROR'))
  await client.over()
  expect(await failed).toMatchObject({ code: 'INTERNAL_ERROR' })
  expect(session.streamCount).toBe(0)
})

test('S14 a client that breaks its connection gives up the origin’s stream', async () => {
  await peer.sends(frames.reply(1, { headers: OK }), frames.data(1, 'half'))
  await client.hears('half')
  client.socket.resetAndDestroy()
  await peer.wants({ type: 'reset', id: 1 })
  expect(await failed).toBeInstanceOf(Error)
  expect(session.streamCount).toBe(0)
})

test('S14 a client that says much before it may is not lost, and holds no more than the window', async () => {
  const much = 'x'.repeat(300_000)
  client.says(much)
  await peer.sends(frames.reply(1, { headers: OK }))
  await client.hears('200 Connection Established')
  await peer.wants({ type: 'data', id: 1 })
  const sent = () =>
    peer.frames.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.payload.length : 0), 0)
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(sent()).toBeLessThanOrEqual(65_536)
  await peer.sends(frames.reset(1, 'CANCEL'))
  await client.over()
  expect(await failed).toMatchObject({ code: 'CANCEL' })
})
