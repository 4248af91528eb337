/**
 * Matchers for Jest. `import { expect } from '@plexus/testkit/jest'` gives Jest's own `expect` with the matchers and
 * their types; where `expect` is a global, importing this module once is enough.
 */
import { expect as jestExpect } from '@jest/globals'
import type { InFrame } from '@plexus/contract'
import type { AnyStateMachine, StateValue } from 'xstate'
import { expectTransition } from './chart/expect-transition.js'
import type { MachineOptions, Place } from './chart/outcome.js'
import { type FrameWanted, mismatches } from './peer/match.js'
import type { ScriptedPeer } from './peer/scripted-peer.js'
import { showFrame } from './peer/show.js'
import type { VirtualClock } from './time/virtual-clock.js'

/** What {@link PlexusMatchers.toTransition} claims. */
export interface TransitionWanted extends MachineOptions<AnyStateMachine> {
  readonly from: Place<AnyStateMachine>
  readonly on: { readonly type: string }
  /** Left out: it stays. */
  readonly to?: StateValue
  /** Left out: whatever it runs. */
  readonly runs?: readonly string[]
}

export interface PlexusMatchers<R = void> {
  /** Of a machine: this message, in this state, leads there and runs this. */
  toTransition(wanted: TransitionWanted): R
  /** Of a scripted peer, or a list of frames: these are all the frames that came, in this order. */
  toEmitFrames(wanted: readonly FrameWanted[]): R
  /** Of a virtual clock: no timer is left behind. */
  toBeAtRest(): R
}

type JestExpect = typeof jestExpect

/** Jest's `expect`, which also knows the {@link PlexusMatchers}. */
export interface PlexusExpect extends Pick<JestExpect, keyof JestExpect> {
  <T>(actual: T): ReturnType<typeof jestExpect<T>> & PlexusMatchers & { readonly not: PlexusMatchers }
}

declare global {
  namespace jest {
    interface Matchers<R> extends PlexusMatchers<R> {}
  }
}

type Verdict = { pass: boolean; message: () => string }

const matchers = {
  toTransition(machine: AnyStateMachine, wanted: TransitionWanted): Verdict {
    const { from, on, to, runs } = wanted
    return judge('to transition so, and it did', () => {
      const claim = expectTransition(machine, wanted).from(from).on(on)
      if (to === undefined) claim.stays()
      else claim.goesTo(to)
      if (runs !== undefined) claim.runs(runs)
    })
  },

  toEmitFrames(emitter: ScriptedPeer | readonly InFrame[], wanted: readonly FrameWanted[]): Verdict {
    const got = 'frames' in emitter ? emitter.frames : emitter
    return judge('other frames, and these came', () => {
      const wrong = wanted.findIndex((one, i) => got[i] === undefined || mismatches(got[i], one).length > 0)
      if (wrong < 0 && got.length === wanted.length) return
      throw new Error(`wanted\n${list(wanted, wrong)}\nand got\n${list(got, wrong)}`)
    })
  },

  toBeAtRest(clock: VirtualClock): Verdict {
    return judge('a timer, and there is none', () => {
      if (clock.pending === 0) return
      throw new Error(`wanted no timer, and ${clock.pending} are set, the next for ${clock.nextDue} ms`)
    })
  },
}

jestExpect.extend(matchers)

export const expect = jestExpect as PlexusExpect

/** A claim that throws, as a matcher that answers. */
function judge(otherwise: string, claim: () => void): Verdict {
  try {
    claim()
    return { pass: true, message: () => `wanted it not ${otherwise}` }
  } catch (error) {
    return { pass: false, message: () => (error as Error).message }
  }
}

function list(frames: readonly object[], marked: number): string {
  if (frames.length === 0) return '  nothing'
  return frames.map((frame, i) => `${i === marked ? '>' : ' '} ${showFrame(frame)}`).join('\n')
}
