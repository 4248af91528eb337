import { type Attack, type Bound, claims } from '../attack.js'
import {
  credit,
  data,
  FLAG,
  field,
  frame,
  get,
  greeting,
  headers,
  indexedField,
  MAX_31,
  reset,
  SETTING,
  settings,
  settingsAck,
  TYPE,
  u32,
} from '../wire.js'

const calm = (buckets: string | readonly string[], frames: number): Bound => ({
  ends: 'session',
  code: 'ENHANCE_YOUR_CALM',
  buckets: [buckets].flat(),
  frames,
})
/** The decoder's word: what a block may be is no bucket. */
const tooMuch = (frames: number): Bound => ({ ends: 'session', code: 'ENHANCE_YOUR_CALM', frames })
const dies = (code: string, frames: number): Bound => ({ ends: 'session', code, frames })
const comesToNothing = (heapMiB = 1): Bound => ({ ends: 'never', heapMiB })

const id = (i: number) => 2 * i + 1
const join = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
const times = (count: number, part: (i: number) => Uint8Array) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => part(i)))

/** A request whose handler never returns, and one that is answered with more than any window. */
const hanging = (i: number, flags?: number) => headers(id(i), get('/hang'), flags)
const large = (i: number, flags?: number) => headers(id(i), get('/large'), flags)
const open = FLAG.END_HEADERS
/** Beside a handful of frames of the greeting and its answers. */
const ASIDE = 4

/** A request, then a frame for which it has to be reset; each costs a token of `resetsCaused`, of which there are 100. */
const madeToReset = (title: string, resets: string, fault: (id: number) => Uint8Array): Attack => ({
  name: `H02 requests, each followed by ${title}`,
  round: (i) => join(hanging(i), fault(id(i))),
  bound: { ...calm(['resetsCaused', 'refusal'], 2 * 220 + ASIDE), resets },
})

const malformed = (title: string, block: Uint8Array): Attack => ({
  name: `H17 ${title}`,
  begin: join(greeting(), headers(1, block)),
  bound: dies('COMPRESSION_ERROR', 3),
})

/** Every way in which HTTP/2 lets a peer cost more than it pays, as far as one connection goes. */
export const ATTACKS = claims([
  {
    name: 'H01 requests, each reset at once',
    round: (i) => join(hanging(i), reset(id(i))),
    bound: calm('resetsReceived', 2 * 215 + ASIDE),
  },
  {
    name: 'H01 requests, each reset when its handler is at work',
    begin: join(greeting(), hanging(0)),
    round: (i) => join(reset(id(i)), hanging(i + 1)),
    batch: 1,
    bound: calm(['resetsReceived', 'refusal'], 2 * 225 + ASIDE),
  },
  madeToReset('credit of nothing', 'PROTOCOL_ERROR', (stream) => credit(stream, 0)),
  madeToReset('credit over 2^31-1', 'FLOW_CONTROL_ERROR', (stream) => credit(stream, MAX_31)),
  madeToReset('a priority that depends on itself', 'PROTOCOL_ERROR', (stream) =>
    frame(TYPE.PRIORITY, 0, stream, join(u32(stream), Buffer.of(1))),
  ),
  madeToReset('data behind its end', 'STREAM_CLOSED', (stream) => data(stream, Buffer.from('late'))),
  madeToReset('headers behind its end', 'STREAM_CLOSED', (stream) => headers(stream, get('/hang'))),
  {
    name: 'H03 pings, answers unread',
    reads: 'late',
    round: () => frame(TYPE.PING, 0, 0, Buffer.alloc(8)),
    bound: calm('ping', 110 + ASIDE),
  },
  {
    name: 'H04 empty settings, answers unread',
    reads: 'late',
    round: () => settings(),
    bound: calm('settings', 25 + ASIDE),
  },
  {
    name: 'H05 settings with 33 entries',
    begin: join(greeting(), settings(...Array.from({ length: 33 }, () => [8, 0] as const))),
    bound: tooMuch(3),
  },
  {
    name: 'H05 settings that say the same 32 times',
    round: () => settings(...Array.from({ length: 32 }, (_, i) => [SETTING.INITIAL_WINDOW_SIZE, i] as const)),
    bound: calm('settings', 25 + ASIDE),
  },
  {
    name: 'H06 windows of 100 stalled streams, moved to and fro',
    begin: join(greeting([SETTING.INITIAL_WINDOW_SIZE, 0]), times(100, large)),
    round: (i) => settings([SETTING.INITIAL_WINDOW_SIZE, i % 2 === 0 ? MAX_31 : 0]),
    bound: { ...calm('settings', 125 + ASIDE), heapMiB: 8 },
  },
  {
    name: 'H07 bad requests, resets unread',
    reads: 'late',
    round: (i) => headers(id(i), field('no-method', 'x')),
    bound: calm('resetsCaused', 110 + ASIDE),
  },
  {
    name: 'H08 windows of one byte, opened one by one',
    begin: join(greeting([SETTING.INITIAL_WINDOW_SIZE, 0]), large(0)),
    round: () => credit(1, 1),
    batch: 1,
    waits: true,
    bound: calm('smallWindow', 110 + ASIDE),
  },
  {
    name: 'H08 the same on the session, streams wide open',
    begin: join(greeting([SETTING.INITIAL_WINDOW_SIZE, MAX_31]), large(0)),
    round: () => credit(0, 1),
    batch: 1,
    waits: true,
    bound: calm('smallWindow', 110 + ASIDE),
  },
  {
    name: 'H11 windows of 2 GiB on 100 streams, and nothing read',
    reads: false,
    acks: false,
    begin: join(
      greeting([SETTING.INITIAL_WINDOW_SIZE, MAX_31]),
      settingsAck(),
      credit(0, MAX_31 - 65_535),
      times(100, large),
    ),
    bound: { ends: 'session', code: 'TIMEOUT', heapMiB: 8 },
  },
  {
    name: 'H09 changes of priority',
    round: (i) => frame(TYPE.PRIORITY, 0, id(i), join(u32(0), Buffer.of(i & 255))),
    bound: calm('priority', 215 + ASIDE),
  },
  {
    name: 'H10 header fields without a name',
    round: (i) => headers(id(i), get('/', field('', 'x'))),
    bound: { ...calm('resetsCaused', 110 + ASIDE), resets: 'PROTOCOL_ERROR' },
  },
  {
    name: 'H12 empty data',
    begin: join(greeting(), hanging(0, open)),
    round: () => data(1),
    bound: calm('emptyData', 12 + ASIDE),
  },
  {
    name: 'H12 data that is all padding',
    begin: join(greeting(), hanging(0, open)),
    round: () => data(1, join(Buffer.of(100), Buffer.alloc(100)), FLAG.PADDED),
    bound: calm('emptyData', 12 + ASIDE),
  },
  {
    name: 'H12 data of one byte that nobody reads',
    begin: join(greeting(), hanging(0, open)),
    round: () => data(1, Buffer.of(1)),
    // What comes in one turn its reader had no chance to read.
    bound: calm('smallData', 100 + 1024 + ASIDE),
  },
  {
    name: 'H12 empty data for a stream that was reset',
    begin: join(greeting(), hanging(0, open), credit(1, 0)),
    round: () => data(1),
    bound: calm('emptyData', 13 + ASIDE),
  },
  {
    name: 'H13 CONTINUATION without end',
    begin: join(greeting(), headers(1, get('/'), 0)),
    round: () => frame(TYPE.CONTINUATION, 0, 1, field('x-more', 'x'.repeat(1000))),
    bound: tooMuch(12 + ASIDE),
  },
  {
    name: 'H13 a header block that does not go on',
    acks: false,
    begin: join(greeting(), settingsAck(), headers(1, get('/'), 0)),
    bound: { ends: 'session', code: 'TIMEOUT', frames: ASIDE },
  },
  {
    name: 'H14 CONTINUATION of nothing without end',
    begin: join(greeting(), headers(1, get('/'), 0)),
    round: () => frame(TYPE.CONTINUATION, 0, 1),
    bound: tooMuch(12 + ASIDE),
  },
  {
    name: 'H15 blocks of 16 KB that mean 64 MB',
    begin: join(greeting(), headers(1, get('/', indexedField('x', 'x'.repeat(4000))))),
    round: (i) => headers(id(i + 1), get('/', Buffer.alloc(16_000, 0xbe))),
    batch: 1,
    bound: tooMuch(2 + ASIDE),
  },
  {
    name: 'H15 blocks of 40 bytes that mean 80 KB',
    begin: join(greeting(), headers(1, get('/', indexedField('x', 'x'.repeat(4000))))),
    round: (i) => headers(id(i + 1), get('/', Buffer.alloc(20, 0xbe))),
    bound: { ...calm('resetsCaused', 110 + ASIDE) },
  },
  {
    name: 'H16 blocks of 1000 tiny fields',
    round: (i) => headers(id(i), get('/', Buffer.alloc(1000, 0x90))),
    bound: { ...calm('resetsCaused', 110 + ASIDE) },
  },
  {
    name: 'H16 100 requests of 120 crumbs, their answers stalled',
    begin: join(
      greeting([SETTING.INITIAL_WINDOW_SIZE, 0]),
      times(100, (i) =>
        headers(
          id(i),
          get(
            '/large',
            times(120, (k) => field('cookie', `crumb=${i}-${k}`)),
          ),
        ),
      ),
    ),
    bound: comesToNothing(8),
  },
  malformed('an index that is not there', get('/', Buffer.of(0xff, 0x7f))),
  malformed('an integer without end', get('/', Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01))),
  malformed('a Huffman string with a bad end', get('/', Buffer.of(0x00, 0x01, 0x78, 0x81, 0x00))),
  malformed('a table size behind the first field', get('/', Buffer.of(0x20))),
  {
    name: 'H18 a table of 4 GiB for our encoder, and requests',
    begin: greeting([SETTING.HEADER_TABLE_SIZE, 2 ** 32 - 1]),
    round: (i) => headers(id(i), get(`/own/${i}`)),
    rounds: 60,
    bound: comesToNothing(),
  },
  {
    name: 'H19 100 requests of 60 KB in headers, their answers stalled',
    begin: join(
      greeting([SETTING.INITIAL_WINDOW_SIZE, 0]),
      times(100, (i) => {
        const parts = times(4, (k) => field(`x-${k}`, String.fromCharCode(97 + (i % 26)).repeat(15_000)))
        const block = get('/large', parts)
        const rest = times(3, (k) =>
          frame(TYPE.CONTINUATION, k === 2 ? FLAG.END_HEADERS : 0, id(i), part(block, k + 1)),
        )
        return join(headers(id(i), part(block, 0), FLAG.END_STREAM), rest)
      }),
    ),
    // 100 streams, 64 KiB of headers each, and what holds them (L01, L07).
    bound: comesToNothing(8),
  },
  {
    name: 'H20 legal credit for the session',
    round: () => credit(0, 1),
    bound: calm('windowUpdate', 8 + ASIDE),
  },
  {
    name: 'H21 frames of unknown type',
    round: () => frame(0xbe, 0xff, 0, Buffer.alloc(100)),
    bound: calm('unknown', 215 + ASIDE),
  },
  {
    name: 'H21 ALTSVC and ORIGIN',
    round: (i) => frame(i % 2 === 0 ? 0xa : 0xc, 0, 0, Buffer.alloc(100)),
    bound: calm('unknown', 215 + ASIDE),
  },
  {
    name: 'H22 streams over the limit, settings not acknowledged',
    acks: false,
    round: (i) => hanging(i),
    bound: { ...calm('refusal', 215 + ASIDE), resets: 'REFUSED_STREAM' },
  },
  {
    name: 'H44 go-aways',
    begin: join(greeting(), hanging(0)),
    round: () => frame(TYPE.GOAWAY, 0, 0, join(u32(0), u32(0))),
    bound: calm('oddity', 115 + ASIDE),
  },
  {
    name: 'H45 settings that are never acknowledged',
    acks: false,
    bound: { ends: 'session', code: 'SETTINGS_TIMEOUT', frames: ASIDE },
  },
  {
    name: 'H45 acknowledgements of no settings',
    round: () => frame(TYPE.SETTINGS, FLAG.ACK, 0),
    bound: calm('oddity', 115 + ASIDE),
  },
  {
    name: 'H45 an acknowledgement with a body',
    begin: join(greeting(), frame(TYPE.SETTINGS, FLAG.ACK, 0, Buffer.alloc(6))),
    bound: dies('FRAME_SIZE_ERROR', ASIDE),
  },
  {
    name: 'H46 no preface',
    begin: Buffer.alloc(0),
    acks: false,
    bound: { ends: 'session', code: 'TIMEOUT', frames: 0 },
  },
  {
    name: 'H49 answers to no ping',
    round: () => frame(TYPE.PING, FLAG.ACK, 0, Buffer.alloc(8)),
    bound: calm('oddity', 115 + ASIDE),
  },
  {
    name: 'H49 go-aways with 16 KB of debug data',
    begin: join(greeting(), hanging(0)),
    round: () => frame(TYPE.GOAWAY, 0, 0, join(u32(0), u32(0), Buffer.alloc(16_000, 'x'))),
    bound: calm('oddity', 115 + ASIDE),
  },
])

/** The `n`th frame's share of a block. */
function part(block: Uint8Array, n: number): Uint8Array {
  const share = 16_000
  return block.subarray(n * share, (n + 1) * share)
}
