import {
  type Bytes,
  ByteWriter,
  type Codec,
  type InFrame,
  type Limits,
  type Protocol,
  type Role,
  resolveLimits,
} from '@plexus/contract'
import { join } from '../bytes.js'
import { Collector } from '../peer/collector.js'
import type { FrameWanted } from '../peer/match.js'
import { showFrame } from '../peer/show.js'
import { claim } from './case.js'
import type { CodecSample } from './codec-samples.js'

/** How bytes are handed to a codec: the length of the next chunk, given what is left. */
export type Cut = (left: number) => number

/** Encodes all frames of a sample in its role. */
export function encodeSample(protocol: Protocol, sample: CodecSample): Bytes {
  const codec = protocol.create({ role: sample.role, limits: resolveLimits() })
  const out = new ByteWriter()
  for (const frame of sample.frames) {
    if (frame.type === 'data') codec.encodeData(frame.id, frame.payload, frame.end, out)
    else codec.encode(frame, out)
  }
  codec.close()
  return join(out.take())
}

/** Decodes `bytes` in chunks of the sizes that `cut` says, data frames put together. */
export function decodeAll(
  protocol: Protocol,
  role: Role,
  bytes: Bytes,
  cut: Cut,
  limits?: Partial<Limits>,
): InFrame[] {
  const found: InFrame[] = []
  const collector = new Collector((frame) => found.push(frame))
  const codec = protocol.create({ role, limits: resolveLimits(limits) })
  feed(codec, bytes, cut, (frame) => {
    collector.take(frame)
    return true
  })
  codec.close()
  return found
}

/** Feeds a codec, going on after every stop. */
export function feed(codec: Codec, bytes: Bytes, cut: Cut, emit: (frame: InFrame) => boolean): void {
  for (let at = 0; at < bytes.length; ) {
    // A copy of its own, as a socket would hand it over.
    const chunk = bytes.slice(at, at + Math.max(1, cut(bytes.length - at)))
    at += feedChunk(codec, chunk, emit)
  }
}

function feedChunk(codec: Codec, chunk: Bytes, emit: (frame: InFrame) => boolean): number {
  for (let taken = 0; taken < chunk.length; ) {
    let hasStopped = false
    const rest = chunk.subarray(taken)
    const more = codec.decode(rest, (frame) => {
      claim(!hasStopped, () => `${showFrame(frame)} came after emit had said false`)
      const goOn = emit(frame)
      hasStopped = !goOn
      return goOn
    })
    claim(more <= rest.length, () => `${more} bytes taken of ${rest.length}`)
    claim(
      more === rest.length || hasStopped,
      () => `${more} of ${rest.length} bytes taken, and nobody said false`,
    )
    if (more === 0) claim(hasStopped, () => 'nothing was taken')
    taken += more
  }
  return chunk.length
}

/** What a decoder is to yield for a frame that was sent: the same, but for what only the receiver adds. */
export function wantedOf(frame: CodecSample['frames'][number]): FrameWanted {
  if (frame.type === 'data') return { type: 'data', id: frame.id, payload: frame.payload, end: frame.end }
  if (frame.type === 'ping') {
    // A protocol with wide tokens yields them as bigint.
    return { type: 'ping', ack: frame.ack, token: (token) => BigInt(token) === BigInt(frame.token) }
  }
  return frame as FrameWanted
}

/** Two runs yielded the same frames. */
export function claimSameFrames(got: readonly InFrame[], wanted: readonly InFrame[], how: string): void {
  const [gotLines, wantedLines] = [got.map(showWhole), wanted.map(showWhole)]
  const at = wantedLines.findIndex((line, i) => line !== gotLines[i])
  claim(at < 0, () => `${how}: frame ${at} should be\n  ${wantedLines[at]}\nand is\n  ${gotLines[at]}`)
  claim(got.length === wanted.length, () => `${how}: and then ${gotLines.slice(wanted.length).join('\n  ')}`)
}

function showWhole(frame: InFrame): string {
  if (frame.type !== 'data') return showFrame(frame)
  return `${showFrame({ ...frame, payload: undefined })} ${[...frame.payload].join(' ')}`
}
