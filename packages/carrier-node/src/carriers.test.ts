import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { describe, test } from '@jest/globals'
import type { Carrier } from '@plexus/contract'
import { type CarrierPair, carrierCases, memoryPair } from '@plexus/testkit'
import { Acceptor } from './acceptor.js'
import { certificateFor } from './certificate.test.kit.js'
import {
  connectTcp,
  connectTls,
  connectUnix,
  duplexCarrier,
  listenTcp,
  listenTls,
  listenUnix,
  nodeClock,
  socketCarrier,
} from './index.js'

const clock = nodeClock
const pairing = certificateFor('localhost')

async function tcpPair(): Promise<CarrierPair> {
  const accepted = arrival<Carrier>()
  const door = await listenTcp({}, accepted.resolve)
  const a = await connectTcp(door.address)
  return { a, b: await accepted.promise, clock, dispose: () => door.close() }
}

async function unixPair(): Promise<CarrierPair> {
  const folder = await mkdtemp(join(tmpdir(), 'carrier-'))
  const path = join(folder, 'socket')
  const accepted = arrival<Carrier>()
  const door = await listenUnix({ path }, accepted.resolve)
  const a = await connectUnix(path)
  const dispose = async () => {
    await door.close()
    await rm(folder, { recursive: true })
  }
  return { a, b: await accepted.promise, clock, dispose }
}

async function tlsPair(): Promise<CarrierPair> {
  const certificate = await pairing
  const accepted = arrival<Carrier>()
  const door = await listenTls(certificate, accepted.resolve)
  const a = await connectTls({ ...door.address, ca: certificate.cert })
  return { a, b: await accepted.promise, clock, dispose: () => door.close() }
}

/** Sockets whose owner we are, so that we can send a reset. */
async function brittlePair(): Promise<CarrierPair> {
  const accepted = arrival<Socket>()
  const acceptor = new Acceptor(createServer({ allowHalfOpen: true }, accepted.resolve), {
    host: '127.0.0.1',
    port: 0,
  })
  await acceptor.open()
  const { port } = acceptor.server.address() as ReturnType<Server['address']> & { port: number }
  const dialled = connect({ host: '127.0.0.1', port })
  const socket = await accepted.promise
  return {
    a: socketCarrier(dialled),
    b: socketCarrier(socket),
    clock,
    break: () => socket.resetAndDestroy(),
    dispose: () => acceptor.close(),
  }
}

function duplexes(): CarrierPair {
  const [one, other] = duplexPair()
  // Node's pair does not tell one side that the other was destroyed; a pipe would.
  one.on('close', () => other.destroy())
  other.on('close', () => one.destroy())
  const broken = () => void one.destroy(new Error('broken'))
  return { a: duplexCarrier(one), b: duplexCarrier(other), clock, break: broken }
}

function memory(): CarrierPair {
  const [a, b] = memoryPair({ clock, pieces: [1, 40_000], record: false })
  return { a, b, clock, break: () => a.outgoing.cut('reset') }
}

/** What a callback will be given. */
function arrival<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

describe.each([
  ['TCP', tcpPair],
  ['TCP with resets', brittlePair],
  ['TLS', tlsPair],
  ['a Unix socket', unixPair],
  ['a pair of Duplexes', duplexes],
  ['a memory pair on the real clock', memory],
] as const)('%s is a carrier:', (_name, makePair) => {
  for (const { name, run } of carrierCases(makePair)) test(name, run)
})
