import { PlexusError } from './errors.js'

interface Limit {
  readonly value: number
  readonly unit: string
  /** The row of the security catalogue. */
  readonly row: string
  readonly why: string
}

const limit = (value: number, unit: string, row: string, why: string): Limit => ({ value, unit, row, why })

const KIB = 1024
const MIB = 1024 * KIB

/** Every limit there is, in force from the first byte. Docs and tests are made from this table. */
export const LIMITS = {
  maxInboundStreams: limit(
    100,
    'streams',
    'L01',
    'streams the peer may have running; counted until their handler is done',
  ),
  maxPendingAccepts: limit(
    256,
    'streams',
    'L02',
    'streams that wait to be accepted; one more is refused, and one that is reset leaves the line at once',
  ),
  maxPendingOpens: limit(
    16_384,
    'streams',
    'L02',
    'our own streams that wait for a place at the peer; one more fails',
  ),
  maxOwedFrames: limit(256, 'frames', 'L03', 'answers we owe and cannot write'),
  maxOwedBytes: limit(64 * KIB, 'bytes', 'L03', 'the same in bytes'),
  resetsReceivedBurst: limit(200, 'frames', 'L04', 'resets the peer may send at once'),
  resetsReceivedRate: limit(33, 'frames/s', 'L04', 'and for how long'),
  resetsCausedBurst: limit(100, 'frames', 'L04', 'resets the peer may make us send at once'),
  resetsCausedRate: limit(10, 'frames/s', 'L04', 'and for how long'),
  pingBurst: limit(100, 'frames', 'L04', 'pings to be answered at once'),
  pingRate: limit(20, 'frames/s', 'L04', 'and for how long'),
  settingsBurst: limit(20, 'frames', 'L04', 'settings frames at once'),
  settingsRate: limit(2, 'frames/s', 'L04', 'and for how long'),
  priorityBurst: limit(200, 'frames', 'L04', 'changes of priority at once'),
  priorityRate: limit(20, 'frames/s', 'L04', 'and for how long'),
  unknownBurst: limit(200, 'frames', 'L04', 'frames of unknown type at once'),
  unknownRate: limit(20, 'frames/s', 'L04', 'and for how long'),
  refusalBurst: limit(100, 'streams', 'L04', 'streams over the limit, refused, at once'),
  refusalRate: limit(10, 'streams/s', 'L04', 'and for how long'),
  oddityBurst: limit(100, 'frames', 'L04', 'frames that are legal and pointless, at once'),
  oddityRate: limit(10, 'frames/s', 'L04', 'and for how long'),
  creditFramesBase: limit(5, 'frames', 'L05', 'window updates that are always allowed'),
  creditFramesPerStream: limit(2, 'frames', 'L05', 'window updates allowed for each stream'),
  creditFramesPerData: limit(20, 'frames', 'L05', 'window updates allowed for each data frame we sent'),
  maxEmptyData: limit(10, 'frames', 'L06', 'empty data frames in a row'),
  smallDataBudget: limit(
    25_600,
    'bytes',
    'L06',
    'what data frames under 256 bytes may fall short by in sum; larger ones pay it back',
  ),
  smallWindowBudget: limit(
    25_600,
    'bytes',
    'H08',
    'what our data frames may fall short of 256 bytes in sum because the peer opens its windows by less; larger ones pay it back, and each stream has 256 more',
  ),
  maxHeaderBlock: limit(64 * KIB, 'bytes', 'L07', 'one header block on the wire'),
  maxContinuations: limit(8, 'frames', 'L07', 'frames that go on with one header block, empty ones too'),
  maxHeaderBytes: limit(64 * KIB, 'bytes', 'L07, L08', 'one header block decoded: name + value + 32 each'),
  maxHeaderFields: limit(128, 'fields', 'L07', 'fields of one header block'),
  maxInforms: limit(10, 'blocks', 'S09', 'interim replies of one stream, read or not'),
  maxSettingsEntries: limit(32, 'entries', 'L09', 'entries of one settings frame'),
  maxControlFrame: limit(64 * KIB, 'bytes', 'L09', 'payload of a control frame'),
  maxDataFrame: limit(1 * MIB, 'bytes', 'L09', 'payload of a data frame the peer sends'),
  sendFrame: limit(16 * KIB, 'bytes', 'L09', 'payload of the largest data frame we send while others wait'),
  sendFrameAlone: limit(
    64 * KIB,
    'bytes',
    'L09',
    'the same while no other stream has anything to send; if only `sendFrame` is set, as much as that',
  ),
  streamReceive: limit(256 * KIB, 'bytes', 'L10', 'received and unread, one stream'),
  receiveLent: limit(
    4 * MIB,
    'bytes',
    'L10',
    'what all streams of a session may have beyond `streamReceive`, each up to four times that, while their readers keep up',
  ),
  sessionReceive: limit(16 * MIB, 'bytes', 'L10', 'received and unread, all streams of a session'),
  streamSend: limit(64 * KIB, 'bytes', 'L10', 'written and not yet sent, one stream; above it `write` waits'),
  sessionSend: limit(
    1 * MIB,
    'bytes',
    'L10',
    'written and not yet sent, all streams; above it every `write` waits',
  ),
  framesPerTurn: limit(1024, 'frames', 'L11', 'frames handled before other work gets its turn'),
  bytesPerTurn: limit(256 * KIB, 'bytes', 'L11', 'the same in bytes'),
  turnMs: limit(2, 'ms', 'L11', 'the same in time'),
  tlsHandshakeTimeoutMs: limit(10_000, 'ms', 'L13', 'the handshake of TLS; 0 is for ever where we dial'),
  greetingTimeoutMs: limit(10_000, 'ms', 'L13', 'preface and first settings'),
  settingsAckTimeoutMs: limit(
    10_000,
    'ms',
    'L13',
    'from our settings to their acknowledgement; 0 is for ever',
  ),
  frameTimeoutMs: limit(
    10_000,
    'ms',
    'L13, H13',
    'from the start of a control frame or header block to its end; 0 is for ever',
  ),
  openTimeoutMs: limit(75_000, 'ms', 'L13', 'from open to reply'),
  streamIdleTimeoutMs: limit(300_000, 'ms', 'L13', 'a stream on which nothing moves'),
  halfClosedTimeoutMs: limit(
    300_000,
    'ms',
    'L13',
    'a stream that is ended on one side only, and on which nothing moves',
  ),
  writeStallTimeoutMs: limit(30_000, 'ms', 'L13', 'a full carrier has to take 16 KiB within this'),
  writeStallBytes: limit(16 * KIB, 'bytes', 'L13', 'see writeStallTimeoutMs'),
  readHoldTimeoutMs: limit(
    30_000,
    'ms',
    'F03',
    'without windows on the wire: a stream whose unread bytes hold up the session',
  ),
  keepaliveIntervalMs: limit(
    30_000,
    'ms',
    'L13',
    'silence after which we ask whether the peer is there; 0 is never',
  ),
  keepaliveTimeoutMs: limit(15_000, 'ms', 'L13', 'and how long it has to answer'),
  sessionIdleTimeoutMs: limit(300_000, 'ms', 'L13', 'a session without streams or frames; 0 is for ever'),
  drainTimeoutMs: limit(30_000, 'ms', 'L13', 'from the start of a graceful close to its forced end'),
  lingerTimeoutMs: limit(1_000, 'ms', 'L13', 'from our last frame to the end of the carrier'),
  goAwayTimeoutMs: limit(100, 'ms', 'DM-21', 'how long the last frame may wait for a full carrier'),
  closedMemory: limit(256, 'streams', 'H42', 'ended streams that are remembered'),
  resetMemory: limit(
    1024,
    'streams',
    'H42',
    'the same of those that were reset: the other side may not know yet',
  ),
  maxHeldHeaderBlocks: limit(
    16,
    'blocks',
    'H19',
    'header updates of a stream that nobody has read, or that are not sent yet',
  ),
  sessionHeldHeaders: limit(
    4 * MIB,
    'bytes',
    'H16',
    'the same of all streams, names and values and 32 a field',
  ),
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof LIMITS
export type Limits = Readonly<Record<LimitName, number>>

/** At zero a session would be busy for ever and never get on. */
const MOVES_NOTHING_AT_ZERO: ReadonlySet<LimitName> = new Set<LimitName>([
  'sendFrame',
  'sendFrameAlone',
  'bytesPerTurn',
])

/** The defaults with `changes` applied. Zero switches a time-out or keepalive off where its row says so. */
export function resolveLimits(changes: Partial<Limits> = {}): Limits {
  const limits = {} as Record<LimitName, number>
  for (const name of Object.keys(LIMITS) as LimitName[]) limits[name] = LIMITS[name].value
  // Whoever asks for small frames means all of them.
  if (changes.sendFrame !== undefined) limits.sendFrameAlone = changes.sendFrame
  for (const name of Object.keys(changes) as LimitName[]) {
    const value = changes[name]
    if (value === undefined) continue
    if (!(name in LIMITS)) throw badLimit(`a limit has one of the names in LIMITS, got '${name}'`)
    const least = MOVES_NOTHING_AT_ZERO.has(name) ? 1 : 0
    if (typeof value !== 'number' || Number.isNaN(value) || value < least) {
      throw badLimit(
        `limit '${name}' is a number of ${LIMITS[name].unit}, ${least} or more, got ${String(value)}`,
      )
    }
    limits[name] = value
  }
  return limits
}

function badLimit(message: string): PlexusError {
  return new PlexusError(message, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    processed: 'no',
  })
}
