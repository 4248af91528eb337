import { type Attack, FRAMES_PER_SECOND, MOST_HANDLERS } from './attack.js'
import type { Seen } from './attacker.js'
import type { Told } from './target.js'

/** Where an attack went beyond what the catalogue allows it; empty if nowhere. */
export function broken({ bound, reads = true }: Attack, seen: Seen, told: Told): string[] {
  const faults: string[] = []
  const expect = (what: string, wanted: unknown, got: unknown, isMet = wanted === got) => {
    if (!isMet) faults.push(`expected ${what} ${String(wanted)}, got ${String(got)}`)
  }
  expect('the session ended', bound.ends === 'session', told.ended)
  if (bound.code !== undefined) expect('the code', bound.code, told.code)
  if (bound.buckets !== undefined)
    expect('the bucket', bound.buckets.join(), told.event, bound.buckets.includes(told.event ?? ''))
  if (bound.code !== undefined && reads && bound.code in ON_WIRE)
    expect('on the wire', ON_WIRE[bound.code], seen.goAway)
  if (bound.frames !== undefined) {
    const most = bound.frames + Math.ceil((FRAMES_PER_SECOND * seen.ms) / 1000)
    expect('frames at most', most, told.frames, told.frames <= most)
  }
  if (bound.resets !== undefined) {
    const codes = Object.keys(seen.resets).filter((code) => code !== 'REFUSED_STREAM')
    const wanted = bound.resets === 'REFUSED_STREAM' ? [] : [bound.resets]
    expect('resets of', wanted.join(), codes.join())
    if (wanted.length === 0)
      expect('refusals', 'some', seen.resets.REFUSED_STREAM, 'REFUSED_STREAM' in seen.resets)
  }
  expect('handlers at most', MOST_HANDLERS, told.handlers, told.handlers <= MOST_HANDLERS)
  return faults
}

/** Codes that go out as they are. */
const ON_WIRE: Readonly<Record<string, string>> = {
  ENHANCE_YOUR_CALM: 'ENHANCE_YOUR_CALM',
  COMPRESSION_ERROR: 'COMPRESSION_ERROR',
  SETTINGS_TIMEOUT: 'SETTINGS_TIMEOUT',
  FRAME_SIZE_ERROR: 'FRAME_SIZE_ERROR',
}
