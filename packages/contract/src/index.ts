export { type Bytes, ByteWriter, NO_BYTES } from './bytes.js'
export type { Carrier, CarrierSink } from './carrier.js'
export type { Chance, Clock, Host, TimerHandle } from './clock.js'
export type { Codec, CodecOptions, Protocol } from './codec.js'
export type { ErrorCode } from './codes.js'
export {
  type Blame,
  type ErrorScope,
  isRetryable,
  PlexusError,
  type PlexusErrorInit,
  type Processed,
} from './errors.js'
export type {
  DataFrame,
  FaultFrame,
  GoAwayFrame,
  HeadersFrame,
  IgnoredFrame,
  InFrame,
  InformFrame,
  OpenFrame,
  OutFrame,
  PingFrame,
  PingToken,
  Priority,
  PriorityFrame,
  ReplyFrame,
  ResetFrame,
  Role,
  Settings,
  SettingsFrame,
  WindowFrame,
} from './frame.js'
export { Gather } from './gather.js'
export { HeaderFields, type HeadersInit, sizeOfHeaders } from './headers.js'
export { LIMITS, type LimitName, type Limits, resolveLimits } from './limits.js'
export type { StreamProvider } from './provider.js'
export type {
  CloseOptions,
  MuxSession,
  PingOptions,
  SessionEvent,
  SessionStats,
  StreamHandler,
} from './session.js'
export type { BlockedOn, MuxStream, OpenOptions, StreamState, WriteOptions } from './stream.js'
export type { FaultName, Traits, Verdict } from './traits.js'
