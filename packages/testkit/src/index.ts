export { type CutHow, type Fault, faultBy } from './carrier/faults.js'
export { Lane, type LaneOptions, type Pieces } from './carrier/lane.js'
export { MemoryCarrier, type MemoryPairOptions, memoryPair } from './carrier/memory-pair.js'
export { type CarrierPair, carrierCases } from './cases/carrier-cases.js'
export type { Case } from './cases/case.js'
export { codecCases } from './cases/codec-cases.js'
export { type CodecSample, samplesOf } from './cases/codec-samples.js'
export { type SeededChance, seededChance } from './chance.js'
export { expectTransition, TransitionClaim } from './chart/expect-transition.js'
export {
  type MachineOptions,
  type Outcome,
  outcomeOf,
  type Place,
  showState,
  snapshotAt,
} from './chart/outcome.js'
export {
  type ChartPath,
  type PathOptions,
  paths,
  type SweepOptions,
  type SweepRow,
  showSweep,
  sweep,
} from './chart/sweep.js'
export { type TransitionRow, transitionTable } from './chart/transition-table.js'
export { bytesOf, bytesOfHex, frames, type HeadersSaid, type OpenSaid } from './peer/frames.js'
export {
  type FieldWanted,
  type FrameOf,
  type FrameWanted,
  type HeadersWanted,
  mismatches,
} from './peer/match.js'
export { ScriptedPeer, type ScriptedPeerOptions, scriptedPeer } from './peer/scripted-peer.js'
export { showFrame } from './peer/show.js'
export { lineProtocol } from './protocol/line-protocol.js'
export { VirtualClock, type VirtualClockOptions, type VirtualTimer } from './time/virtual-clock.js'
export { type VirtualHost, type VirtualHostOptions, virtualHost } from './time/virtual-host.js'
