import type { Bytes, Carrier, Clock } from '@plexus/contract'
import { join } from '../bytes.js'
import { seededChance } from '../chance.js'
import { patienceOf } from '../peer/patience.js'
import { CarrierEnd } from './carrier-end.js'
import { type Case, claim } from './case.js'

/** Two ends of a new connection, neither of them started. */
export interface CarrierPair {
  readonly a: Carrier
  readonly b: Carrier
  /** The clock the carriers run on, to wait by. */
  readonly clock: Clock
  /** Breaks the connection, so that at least one end sees an error. Without it that claim is not made. */
  readonly break?: () => void
  /** Lets go of what the pair stands on. Both ends are destroyed before. */
  readonly dispose?: () => void | Promise<void>
}

type Script = (a: CarrierEnd, b: CarrierEnd, pair: CarrierPair) => Promise<void>

const MIB = 2 ** 20

/** More than any carrier and any system below it takes in without a reader. */
const FLOOD_BYTES = 64 * MIB

/** What every carrier keeps to: the claims of `carrier.ts`, each on a pair of its own. */
export function carrierCases(makePair: () => CarrierPair | Promise<CarrierPair>): Case[] {
  return Object.entries(scripts).map(([name, script]) => ({ name, run: () => play(makePair, script) }))
}

async function play(makePair: () => CarrierPair | Promise<CarrierPair>, script: Script): Promise<void> {
  const pair = await makePair()
  const patience = patienceOf(pair.clock)
  const a = new CarrierEnd('a', pair.a, patience)
  const b = new CarrierEnd('b', pair.b, patience)
  try {
    await script(a, b, pair)
    a.destroy()
    b.destroy()
    await patience.rest()
    a.claimOrder()
    b.claimOrder()
  } finally {
    pair.a.destroy()
    pair.b.destroy()
    await pair.dispose?.()
  }
}

const scripts: Readonly<Record<string, Script>> = {
  'bytes arrive whole and in order, whatever the sizes of the writes': async (a, b) => {
    start(a, b)
    const sent = await writeSome(a, 1)
    await b.sees('all bytes', () => b.received >= sent.length)
    b.claimBytes(sent)
  },

  'both directions carry 1 MiB at once': async (a, b) => {
    start(a, b)
    const [one, two] = [noise(MIB, 2), noise(MIB, 3)]
    await Promise.all([flood(a, one), flood(b, two)])
    await a.sees('all bytes', () => a.received >= two.length)
    await b.sees('all bytes', () => b.received >= one.length)
    a.claimBytes(two)
    b.claimBytes(one)
  },

  'what is written before the far end starts waits for it': async (a, b) => {
    a.start()
    a.write(noise(1000, 4))
    a.finish()
    b.start()
    await b.sees('the end', () => b.hasEnd)
    b.claimBytes(noise(1000, 4))
  },

  'more than its room is taken in one write': async (a, b) => {
    start(a, b)
    const sent = noise(MIB + a.carrier.room, 5)
    a.write(sent)
    const isFull = a.carrier.room === 0
    await b.sees('all bytes', () => b.received >= sent.length)
    if (isFull) await a.sees('drain', () => a.drains > 0)
    b.claimBytes(sent)
    await a.sees('nothing queued', () => a.carrier.queued === 0)
  },

  'a reader that pauses fills the carrier, and drain follows when it resumes': async (a, b) => {
    start(a, b)
    b.pause()
    const piece = noise(65_536, 6)
    let sent = 0
    let isStuck = false
    while (!isStuck && sent < FLOOD_BYTES) {
      a.write(piece)
      sent += piece.length
      const { drains } = a
      if (a.carrier.room === 0) isStuck = !(await a.soon(() => a.drains > drains, 100))
    }
    claim(isStuck, () => `${sent} bytes without a reader, and still room`)
    const { drains } = a
    b.resume()
    await a.sees('drain', () => a.drains > drains)
    await b.sees('all bytes', () => b.received >= sent)
    claim(b.received === sent, () => `wanted ${sent} bytes, got ${b.received}`)
  },

  'a pause stops the bytes, and resuming brings every one of them': async (a, b) => {
    start(a, b)
    a.write(noise(5000, 7))
    await b.sees('the first bytes', () => b.received === 5000)
    b.pause()
    await b.rest()
    a.write(noise(5000, 8))
    // One read may be under way already.
    await b.soon(() => false, 50)
    b.resume()
    a.write(noise(5000, 9))
    await b.sees('all bytes', () => b.received >= 15_000)
    b.claimBytes(join([noise(5000, 7), noise(5000, 8), noise(5000, 9)]))
  },

  'an end comes after every byte written before it': async (a, b) => {
    start(a, b)
    const sent = await writeSome(a, 10)
    a.finish()
    await b.sees('the end', () => b.hasEnd)
    b.claimBytes(sent)
  },

  'one direction goes on after the other has ended': async (a, b) => {
    start(a, b)
    a.write(noise(100, 11))
    a.finish()
    await b.sees('the end', () => b.hasEnd)
    b.write(noise(300_000, 12))
    b.finish()
    await a.sees('the end', () => a.hasEnd)
    a.claimBytes(noise(300_000, 12))
  },

  'it closes at both ends, once and without an error, when both directions have ended': async (a, b) => {
    start(a, b)
    a.write(noise(10, 13))
    a.finish()
    b.finish()
    await a.sees('closed', () => a.isClosed)
    await b.sees('closed', () => b.isClosed)
    for (const end of [a, b]) claim(end.error === undefined, () => `${end.name} closed with ${end.error}`)
    for (const end of [a, b]) claim(end.hasEnd, () => `${end.name} closed without the end before`)
  },

  'destroying one end closes both': async (a, b) => {
    start(a, b)
    a.write(noise(10, 14))
    await b.sees('the bytes', () => b.received === 10)
    a.destroy()
    await a.sees('closed', () => a.isClosed)
    await b.sees('the end', () => b.hasEnd || b.isClosed)
    b.finish()
    await b.sees('closed', () => b.isClosed)
  },

  'writing to an end that was destroyed far away closes ours, with or without an error': async (a, b) => {
    start(a, b)
    b.destroy()
    for (let i = 0; i < 100 && !a.isClosed; i++) {
      a.write(noise(1000, 15))
      await a.soon(() => a.isClosed, 10)
    }
    a.finish()
    await a.sees('closed', () => a.isClosed)
  },

  'every call after the end, after destroy and after closed is harmless': async (a, b) => {
    start(a, b)
    a.finish()
    callAll(a)
    await b.sees('the end', () => b.hasEnd)
    claim(b.received === 0, () => `${b.received} bytes were written after the end and came`)
    a.destroy()
    callAll(a)
    await a.sees('closed', () => a.isClosed)
    callAll(a)
    await a.rest()
    claim(a.carrier.room === 0, () => `a is closed and has room for ${a.carrier.room} bytes`)
  },

  'an empty write is no write': async (a, b) => {
    start(a, b)
    a.write()
    a.write(noise(0, 1))
    a.write(noise(3, 16))
    await b.sees('the bytes', () => b.received === 3)
    claim(
      b.chunks.every((chunk) => chunk.length > 0),
      () => 'an empty chunk came',
    )
  },

  'a connection that breaks closes both ends, and the error is a value': async (a, b, pair) => {
    if (pair.break === undefined) return
    start(a, b)
    a.write(noise(10, 17))
    await b.sees('the bytes', () => b.received === 10)
    pair.break()
    await b.sees('closed', () => b.isClosed)
    await a.sees('closed', () => a.isClosed)
    claim((a.error ?? b.error) !== undefined, () => 'neither end has an error')
  },
}

function start(...ends: readonly CarrierEnd[]): void {
  for (const end of ends) end.start()
}

function callAll(end: CarrierEnd): void {
  end.write(noise(10, 18))
  end.finish()
  end.pause()
  end.resume()
}

/** Writes as long as there is room, and on after each drain, until all is written. */
async function flood(end: CarrierEnd, bytes: Bytes): Promise<void> {
  for (let at = 0; at < bytes.length; at += 16_384) {
    const { drains } = end
    if (end.carrier.room === 0) await end.sees('drain', () => end.drains > drains)
    end.write(bytes.subarray(at, at + 16_384))
  }
}

/** 300 chunks of every order of size in 40 writes. */
async function writeSome(end: CarrierEnd, seed: number): Promise<Bytes> {
  const chance = seededChance(seed)
  const sent: Bytes[] = []
  for (let i = 0; i < 40; i++) {
    const count = chance.int(1, 14)
    const chunks = Array.from({ length: count }, () =>
      noise(2 ** chance.int(0, 13) - chance.int(0, 1), i + seed),
    )
    sent.push(...chunks)
    end.write(...chunks)
    if (chance() < 0.3) await end.rest()
  }
  return join(sent)
}

/** Bytes that tell every place from every other, by seed (xorshift; no global in the loop, which a sandbox makes slow). */
function noise(length: number, seed: number): Bytes {
  const bytes = new Uint8Array(length)
  let state = seed + 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state >>> 24
  }
  return bytes
}
