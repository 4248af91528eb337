import { type Bytes, type InFrame, type Protocol, type Role, resolveLimits } from '@plexus/contract'
import { type SeededChance, seededChance } from '../chance.js'
import { frames } from '../peer/frames.js'
import { mismatches } from '../peer/match.js'
import { showFrame } from '../peer/show.js'
import { type Case, claim } from './case.js'
import { type Cut, claimSameFrames, decodeAll, encodeSample, feed, wantedOf } from './codec-run.js'
import { type CodecSample, samplesOf } from './codec-samples.js'

const SPLITS = 30
const GARBAGE_RUNS = 200

const whole: Cut = (left) => left
const byteByByte: Cut = () => 1

/**
 * What every codec keeps to: the claims of `codec.ts`. Without `samples` they are made from the traits; give your own
 * where the protocol has an order or a kind of frame that the traits do not tell of.
 */
export function codecCases(
  protocol: Protocol,
  samples: readonly CodecSample[] = samplesOf(protocol.traits),
): Case[] {
  return [
    ...samples.flatMap((sample) => sampleCases(protocol, sample)),
    ...(['client', 'server'] as const).map((role) => ({
      name: `random bytes never make a ${role} throw, and nothing follows the fault that ends a session`,
      run: async () => claimHardened(protocol, role, (chance) => chance.bytes(chance.int(1, 600))),
    })),
    ...(protocol.traits.headers ? [headersCase(protocol)] : []),
  ]
}

function sampleCases(protocol: Protocol, sample: CodecSample): Case[] {
  const receiver = otherRole(sample.role)
  const bytes = () => encodeSample(protocol, sample)
  const decode = (encoded: Bytes, cut: Cut) => decodeAll(protocol, receiver, encoded, cut)
  const claims: Readonly<Record<string, () => void>> = {
    'is read as it was written': () => claimReadAsWritten(decode(bytes(), whole), sample),

    'is the same however the bytes are split': () => {
      const encoded = bytes()
      const wanted = decode(encoded, whole)
      const chance = seededChance(1)
      for (let i = 0; i < SPLITS; i++) {
        const longest = chance.pick([3, 20, 200, 2000])
        const cut = () => chance.int(1, longest)
        claimSameFrames(decode(encoded, cut), wanted, `split ${i}, pieces of 1 to ${longest}`)
      }
    },

    'is the same one byte at a time': () => {
      const encoded = bytes()
      claimSameFrames(decode(encoded, byteByByte), decode(encoded, whole), 'one byte at a time')
    },

    'is the same when the reader stops after every frame': () => {
      const encoded = bytes()
      const seen: string[] = []
      const stopped: string[] = []
      const options = { role: receiver, limits: resolveLimits() }
      feed(protocol.create(options), encoded, whole, (frame) => seen.push(showFrame(frame)) > 0)
      feed(protocol.create(options), encoded, whole, (frame) => stopped.push(showFrame(frame)) < 0)
      claim(
        seen.join('\n') === stopped.join('\n'),
        () => `wanted\n${seen.join('\n')}\ngot\n${stopped.join('\n')}`,
      )
    },

    'has payload that is a view of what was handed in': () => {
      const options = { role: receiver, limits: resolveLimits() }
      const encoded = bytes()
      protocol.create(options).decode(encoded, (frame) => {
        const isView = frame.type !== 'data' || frame.payload.length === 0 || isViewOf(frame.payload, encoded)
        claim(isView, () => `${showFrame(frame)} is a copy`)
        return true
      })
    },

    'cut short yields the frames that were whole, and no fault': () => {
      const encoded = bytes()
      const wanted = decode(encoded, whole)
      for (const at of cutsOf(encoded.length)) {
        const got = decode(encoded.subarray(0, at), whole)
        const faults = got.filter((frame) => frame.type === 'fault')
        claim(faults.length === 0, () => `the first ${at} bytes: ${faults.map(showFrame).join(', ')}`)
        const last = got.at(-1)
        const done = last?.type === 'data' ? got.slice(0, -1) : got
        claimSameFrames(done, wanted.slice(0, done.length), `the first ${at} bytes`)
      }
    },

    'changed in one place never makes the reader throw': () => {
      const encoded = bytes()
      claimHardened(protocol, receiver, (chance) => {
        const changed = encoded.slice()
        changed[chance.int(0, changed.length - 1)]! ^= chance.int(1, 255)
        return changed
      })
    },
  }
  return Object.entries(claims).map(([name, run]) => ({
    name: `${sample.name} ${name}`,
    run: async () => run(),
  }))
}

function headersCase(protocol: Protocol): Case {
  const sample: CodecSample = {
    name: 'too much',
    role: 'client',
    frames: [frames.open(1, { headers: { 'x-long': 'x'.repeat(5000) } })],
  }
  const run = async () => {
    const limits = { maxHeaderBytes: 1000, maxHeaderBlock: 1000 }
    const got = decodeAll(protocol, 'server', encodeSample(protocol, sample), whole, limits)
    const isRefused =
      got.every((frame) => frame.type !== 'open') && got.some((frame) => frame.type === 'fault')
    claim(
      isRefused,
      () => `5,000 bytes of headers where 1,000 are the limit: ${got.map(showFrame).join(', ')}`,
    )
  }
  return { name: 'headers over the limit are a fault, and nothing of them comes through', run }
}

function claimReadAsWritten(got: readonly InFrame[], sample: CodecSample): void {
  sample.frames.forEach((sent, i) => {
    const frame = got[i]
    claim(
      frame !== undefined,
      () => `${showFrame(sent)} did not come; before it ${got.map(showFrame).join(', ')}`,
    )
    const wrong = mismatches(frame!, wantedOf(sent))
    claim(wrong.length === 0, () => `${showFrame(sent)} came as ${showFrame(frame!)}: ${wrong.join('; ')}`)
  })
  const more = got.slice(sample.frames.length)
  claim(more.length === 0, () => `and then ${more.map(showFrame).join(', ')}`)
}

/** Whatever comes, the decoder answers with frames; after a session's fault it is silent. */
function claimHardened(protocol: Protocol, role: Role, bytesBy: (chance: SeededChance) => Bytes): void {
  for (let seed = 1; seed <= GARBAGE_RUNS; seed++) {
    const chance = seededChance(seed)
    const bytes = bytesBy(chance)
    try {
      const got = decodeAll(protocol, role, bytes, () => chance.int(1, 300))
      const fault = got.findIndex((frame) => frame.type === 'fault' && frame.scope === 'session')
      const after = fault < 0 ? [] : got.slice(fault + 1)
      claim(after.length === 0, () => `${after.map(showFrame).join(', ')} after ${showFrame(got[fault]!)}`)
    } catch (cause) {
      throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause })
    }
  }
}

/** Places to cut at: all of them where they are few, else those near the start and some of the rest. */
function cutsOf(length: number): number[] {
  const step = Math.max(1, Math.floor(length / 300))
  const places: number[] = []
  for (let at = 0; at < length; at += at < 200 ? 1 : step) places.push(at)
  return places
}

function isViewOf(view: Bytes, whole: Bytes): boolean {
  return view.buffer === whole.buffer
}

function otherRole(role: Role): Role {
  return role === 'client' ? 'server' : 'client'
}
