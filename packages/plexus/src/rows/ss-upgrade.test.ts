import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect as dial, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { duplexCarrier, nodeHost } from '@plexus/carrier-node'
import { spdy } from '@plexus/codec-spdy'
import type { MuxStream } from '@plexus/contract'
import type { ChartMode } from '@plexus/engine'
import { bytesOfHex } from '@plexus/testkit'
import { createSession, type PlexusSession } from '../index.js'
import { CHART_MODES } from './stage.test.kit.js'

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'
const WANTED = 'POST /exec HTTP/1.1\r\nHost: peer\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'
/** SYN_STREAM 1 with FIN and its headers, as the fact sheet has it: the first words of a client. */
const OPENING =
  '80030001010000530000000100000000400078f9e3c6a7c2026525507ab442a45a77d71090a8554122b86c62d40725522bec0996d50a5a90f0a756248222442fbf28ddcac4c4186c6631b0f4cc0517b119252505c500000000ffff'

let server: Server
let sessions: PlexusSession[]
/** Streams that the server's side was given. */
let taken: MuxStream[]

/** A session on an upgraded socket, of whose bytes HTTP's parser has already swallowed `head`. */
function sessionOn(socket: Duplex, head: Uint8Array, role: 'client' | 'server', charts: ChartMode) {
  socket.unshift(head)
  const session = createSession({
    codec: spdy({ profile: 'spdystream' }),
    carrier: duplexCarrier(socket),
    role,
    charts,
    host: nodeHost,
    handler: role === 'server' ? echo : undefined,
  })
  sessions.push(session)
  return session
}

async function echo(stream: MuxStream): Promise<void> {
  taken.push(stream)
  stream.reply({ 'x-got': stream.headers.get('streamtype') })
  for await (const bytes of stream) await stream.write(bytes)
}

/** Asks a real HTTP/1.1 server for the upgrade, as kubectl does. */
function upgrade(port: number): Promise<{ socket: Socket; head: Uint8Array }> {
  const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' }
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', method: 'POST', path: '/exec', headers })
      .on('upgrade', (_response, socket, head) => resolve({ socket, head }))
      .on('error', reject)
      .end()
  })
}

describe.each(CHART_MODES)('an upgraded HTTP/1.1 socket, %s', (charts) => {
  beforeEach(async () => {
    sessions = []
    taken = []
    server = createServer().on('upgrade', (_request, socket, head) => {
      socket.write(SWITCHED)
      sessionOn(socket, head, 'server', charts)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    for (const session of sessions) session.destroy()
    await Promise.all(sessions.map((session) => session.closed))
    await new Promise((resolve) => server.close(resolve))
  })

  const portOf = () => (server.address() as AddressInfo).port

  test('SS-20 carries streams without the headers of HTTP, between a real server and a real client of it', async () => {
    const { socket, head } = await upgrade(portOf())
    const session = sessionOn(socket, head, 'client', charts)
    const streams = await Promise.all(
      ['stdin', 'stdout'].map((streamtype) => session.open({ headers: { streamtype } })),
    )
    for (const stream of streams) {
      await stream.write(`to ${stream.id}`, { end: true })
      expect((await stream.replied).get('x-got')).toBe(stream.headers.get('streamtype'))
      expect(new TextDecoder().decode(await stream.read())).toBe(`to ${stream.id}`)
      expect(await stream.closed).toBeUndefined()
    }
    expect(taken.map(({ headers }) => [...headers].flat())).toEqual([
      ['streamtype', 'stdin'],
      ['streamtype', 'stdout'],
    ])
    await session.close()
    expect(await session.closed).toBeUndefined()
  })

  test('SS-20 loses none of the bytes that came in one piece with the request', async () => {
    const socket = dial(portOf(), '127.0.0.1')
    const heard: Buffer[] = []
    const ended = new Promise((resolve) => socket.on('close', resolve))
    socket.on('data', (bytes) => heard.push(bytes))
    socket.write(
      Buffer.concat([Buffer.from(WANTED), bytesOfHex(OPENING), bytesOfHex('80030006 00000004 00000001')]),
    )
    const answers = () => Buffer.concat(heard).subarray(SWITCHED.length).toString('hex')
    while (!answers().includes('800300060000000400000001'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    expect(taken.map(({ id }) => id)).toEqual([1])
    expect(taken[0]!.headers.get(':host')).toBe('example.org:443')
    socket.destroy()
    await ended
  })
})
