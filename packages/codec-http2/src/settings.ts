import type { Bytes, ErrorCode, Role, Settings } from '@plexus/contract'
import { MAX_31, MAX_MAX_FRAME, MIN_MAX_FRAME, SETTING, u16, u32 } from './wire.js'

/** The table that both sides have before either says otherwise, bytes (RFC 9113 §6.5.2). */
export const INITIAL_TABLE = 4096

/** One entry of a SETTINGS frame. */
export interface Setting {
  /** 16 bits; see {@link SETTING}. */
  readonly id: number
  /** 32 bits, in the unit of its id. */
  readonly value: number
}

/** What the peer has said so far, where it is the codec's own business; before that the RFC's defaults. */
export interface PeerSettings {
  /** The table that its decoder offers, bytes. */
  headerTableSize: number
  /** It takes pushes. */
  enablePush: boolean
  /** Payload of the largest frame it takes, bytes. */
  maxFrameSize: number
  /** Header list it is ready to take, bytes; Infinity where it did not say (H37: advice, and no more). */
  maxHeaderListSize: number
  /** It takes `:protocol` on CONNECT (RFC 8441). */
  extendedConnect: boolean
}

export function initialPeerSettings(): PeerSettings {
  return {
    headerTableSize: INITIAL_TABLE,
    enablePush: true,
    maxFrameSize: MIN_MAX_FRAME,
    maxHeaderListSize: Number.POSITIVE_INFINITY,
    extendedConnect: false,
  }
}

/** Why an entry may not be. */
export class SettingFault {
  readonly code: ErrorCode
  readonly message: string

  constructor(code: ErrorCode, message: string) {
    this.code = code
    this.message = `expected ${message}`
  }
}

/** What a frame said. */
export interface SaidSettings {
  /** By id; of an id the last value holds (H05). */
  readonly values: ReadonlyMap<number, number>
  /** The smallest HEADER_TABLE_SIZE, which evicted what did not fit even if a larger one came behind it (RFC 7541 §4.2). */
  readonly smallestTable: number | undefined
}

/** Reads the entries of a frame, in order, each checked before it counts (H30, H36). */
export function readSettings(bytes: Bytes, role: Role, peer: PeerSettings): SaidSettings | SettingFault {
  const values = new Map<number, number>()
  let smallestTable: number | undefined
  let { extendedConnect } = peer
  for (let at = 0; at < bytes.length; at += 6) {
    const id = u16(bytes, at)
    const value = u32(bytes, at + 2)
    const fault = judge(id, value, role, extendedConnect)
    if (fault !== undefined) return fault
    if (id === SETTING.HEADER_TABLE_SIZE) smallestTable = Math.min(value, smallestTable ?? value)
    if (id === SETTING.ENABLE_CONNECT_PROTOCOL) extendedConnect = value === 1
    values.set(id, value)
  }
  return { values, smallestTable }
}

function judge(id: number, value: number, role: Role, extendedConnect: boolean): SettingFault | undefined {
  switch (id) {
    case SETTING.ENABLE_PUSH:
      // §6.5.2: a server has nothing to allow.
      if (role === 'client' && value === 1) return protocol('ENABLE_PUSH 0 from a server, 1 came')
      return flag('ENABLE_PUSH', value)
    case SETTING.INITIAL_WINDOW_SIZE:
      if (value <= MAX_31) return undefined
      return new SettingFault('FLOW_CONTROL_ERROR', `INITIAL_WINDOW_SIZE of at most ${MAX_31}, ${value} came`)
    case SETTING.MAX_FRAME_SIZE:
      if (value >= MIN_MAX_FRAME && value <= MAX_MAX_FRAME) return undefined
      return protocol(`MAX_FRAME_SIZE from ${MIN_MAX_FRAME} to ${MAX_MAX_FRAME}, ${value} came`)
    case SETTING.ENABLE_CONNECT_PROTOCOL:
      // RFC 8441 §3: what was allowed stays allowed.
      if (value === 0 && extendedConnect) return protocol('ENABLE_CONNECT_PROTOCOL 1 again, 0 came')
      return flag('ENABLE_CONNECT_PROTOCOL', value)
    case SETTING.NO_RFC7540_PRIORITIES:
      return flag('NO_RFC7540_PRIORITIES', value)
    default:
      return undefined
  }
}

const protocol = (message: string) => new SettingFault('PROTOCOL_ERROR', message)

function flag(name: string, value: number): SettingFault | undefined {
  return value <= 1 ? undefined : protocol(`${name} 0 or 1, ${value} came`)
}

/** Keeps what is the codec's own. */
export function notePeer(values: ReadonlyMap<number, number>, peer: PeerSettings): void {
  for (const [id, value] of values) {
    if (id === SETTING.HEADER_TABLE_SIZE) peer.headerTableSize = value
    else if (id === SETTING.ENABLE_PUSH) peer.enablePush = value === 1
    else if (id === SETTING.MAX_FRAME_SIZE) peer.maxFrameSize = value
    else if (id === SETTING.MAX_HEADER_LIST_SIZE) peer.maxHeaderListSize = value
    else if (id === SETTING.ENABLE_CONNECT_PROTOCOL) peer.extendedConnect = value === 1
  }
}

/** The part of a frame that the engine acts upon. */
export function toNeutral(values: ReadonlyMap<number, number>): Settings {
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = {}
  const maxConcurrentStreams = values.get(SETTING.MAX_CONCURRENT_STREAMS)
  const initialWindow = values.get(SETTING.INITIAL_WINDOW_SIZE)
  const maxFrameSize = values.get(SETTING.MAX_FRAME_SIZE)
  if (maxConcurrentStreams !== undefined) settings.maxConcurrentStreams = maxConcurrentStreams
  if (initialWindow !== undefined) settings.initialWindow = initialWindow
  if (maxFrameSize !== undefined) settings.maxFrameSize = maxFrameSize
  return settings
}

/**
 * The entries of a frame of ours, sorted by id. What the engine says of an id prevails over `own`, for it is what the engine
 * does.
 */
export function fromNeutral(settings: Settings, own: readonly Setting[]): Setting[] {
  const values = new Map<number, number>()
  for (const { id, value } of own) values.set(id, value)
  const put = (id: number, value: number | undefined): void => {
    if (value !== undefined) values.set(id, Math.min(value, 0xffff_ffff))
  }
  put(SETTING.MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams)
  put(SETTING.INITIAL_WINDOW_SIZE, settings.initialWindow)
  put(SETTING.MAX_FRAME_SIZE, settings.maxFrameSize)
  return [...values].map(([id, value]) => ({ id, value })).sort((a, b) => a.id - b.id)
}
