import { compile } from '@plexus/chart'
import { outFramerMachine } from './out-framer/out-framer.machine.js'
import { keepaliveMachine } from './session/keepalive.machine.js'
import { sessionMachine } from './session/session.machine.js'
import { streamMachine } from './stream/stream.machine.js'

/** `compiled` runs the charts from tables; `interpreted` runs the same charts by XState's own interpreter. */
export type ChartMode = 'compiled' | 'interpreted'

/** The charts of one session. */
export interface Charts {
  readonly session: typeof sessionMachine
  readonly stream: typeof streamMachine
  readonly outFramer: typeof outFramerMachine
  readonly keepalive: typeof keepaliveMachine
}

/** The charts as written: what is drawn, listed, and interpreted. */
export const machines: Charts = {
  session: sessionMachine,
  stream: streamMachine,
  outFramer: outFramerMachine,
  keepalive: keepaliveMachine,
}

let compiled: Charts | undefined

export function chartsFor(mode: ChartMode): Charts {
  if (mode === 'interpreted') return machines
  compiled ??= {
    session: compile(sessionMachine),
    stream: compile(streamMachine),
    outFramer: compile(outFramerMachine),
    keepalive: compile(keepaliveMachine),
  } as unknown as Charts
  return compiled
}
