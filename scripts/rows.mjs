// The rows: what the systems that Plexus covers do, what a hostile peer tries, what breaks in the field. A test that
// carries a row begins its name with the row's id; docs/testing.md lists which file carries which.

/** Rows that this version claims, in words of one line. */
export const ROWS = {
  // DM: three goroutines and their channels, the design this engine descends from.
  'DM-1': 'session, stream and outFramer are actors of their own; the session owns the stream table',
  'DM-2': 'the first `closeMsg` wins, later ones are dropped, nobody who sends one waits',
  'DM-3': 'whoever waits, for whatever, is let go when the session goes',
  'DM-4': '`fin` takes a stream out of the table after its own end is sent',
  'DM-5': '`reset` reaches one stream, in any wait, and no other',
  'DM-6': '`recvData` is a flag: many frames, one wake, no byte lost',
  'DM-7': '`windowUpdate` is a flag: sending goes on when the window opens',
  'DM-8': 'who writes next: the session, then priorities 0 to 7, first come first among equals',
  'DM-9': 'equal streams take turns, frame by frame',
  'DM-10': 'a writer that was reset keeps nobody from writing',
  'DM-11': 'stream ids: the first is 1, gaps are allowed (or not, by option), lower ones end the session',
  'DM-12': 'a stream over the announced limit is refused, the others go on',
  'DM-13': 'a request without its headers is answered with 400',
  'DM-14': 'data for no stream, after the end, past the window: each has its own reset',
  'DM-15': 'a ping is answered ahead of queued data; one of our own parity is ignored',
  'DM-16': 'settings move the windows of open streams, and limit the streams that we open',
  'DM-17': 'credit past 2^31-1 resets the stream',
  'DM-18': 'data frames are no longer than the option says and than both windows allow',
  'DM-19': 'credit goes out in batches, and none after the end',
  'DM-20': 'a handler that says nothing, or throws, ends its stream and nothing else',
  'DM-21': 'how a session ends says why, within 100 ms even if the carrier is stuck',
  // SS: moby/spdystream, the peer that Kubernetes speaks.
  'SS-1': 'frames of one stream are handled in order',
  'SS-2': 'priority, then order of arrival; and a bound on what waits',
  'SS-3': 'a stream that nobody reads holds up no other, and no ping',
  'SS-4': 'waiting for a reply ends with reply, reset, time-out and loss',
  'SS-5': 'a reset that comes before anyone waits blocks nobody',
  'SS-6': 'after a go-away the streams it names go on, new ones are refused, the session ends with the last',
  'SS-7': 'what was sent before a go-away arrives, however slow the reader',
  'SS-8': 'close waits for streams as long as it may, then ends them',
  'SS-9': 'a session idles as long as it may; 0 is for ever; set on a dead session it does no harm',
  'SS-10': 'data that comes before our reply is kept',
  'SS-11': 'refuse, cancel and reset each send their code, once',
  'SS-12': 'a stream can belong to another, and tells to which',
  'SS-13': 'ids rise, however many are opened at once; running out of them is an error',
  'SS-14': 'pings in parallel have ids of their own, and all settle on loss',
  'SS-15': 'limits are checked before memory is taken',
  'SS-16': 'both windows are kept, and announced',
  'SS-17': 'the last bytes survive the close',
  'SS-18': 'deadlines are per stream',
  'SS-19': 'a frame of unknown type is skipped',
  'SS-20': 'an upgraded HTTP/1.1 socket works; the `:` headers are not asked for',
  // AM: amahi/spdy, the client, server and proxy that HTTP takes after.
  'AM-1': 'every public name has its place here, every constant its value',
  'AM-13': 'who dialled may be the one who serves, and dials again for ever',
  'AM-14': 'a proxy streams through; what fails is told to the client and to the caller',
  'AM-31': 'a log of two levels, to any sink, silent by default',
  // S: HTTP's messages, from a hostile hand.
  S07: 'CONNECT in the forms that are allowed, and no other',
  S08: 'one request in, one request out, or none',
  S15: 'a proxy asks where to go, counts its hops, and tells no secrets',
  // P: SPDY on the wire, from a hostile hand.
  P01: 'more settings announced than the frame holds',
  P02: 'more header pairs announced than the block holds',
  P03: 'a header string longer than its block',
  P04: 'a header block that inflates without end',
  P05: 'wrong dictionary, broken checksum, early end, bytes left over',
  P06: 'the header block of a refused stream is inflated all the same',
  P08: 'names: lower case, not empty, not twice; NUL separates values',
  P09: 'ids and states: each frame in each state',
  P10: 'window updates: overflow, zero, wrong length, flags',
  P11: 'frames over the size we take',
  P12: 'ping, reset, go-away, credential, unknown and other-version frames',
  P13: 'streams without end, with no handshake before',
  P14: 'streams that are closed on one side for ever',
  // L: the limits.
  L01: 'streams the peer may have running',
  L02: 'streams that wait to be accepted',
  L03: 'answers that the peer does not read',
  L04: 'buckets: resets, pings, settings, unknown frames, refusals, oddities',
  L05: 'window updates',
  L06: 'empty and tiny data frames',
  L07: 'the size of a header block',
  L08: 'what a header block may inflate to',
  L09: 'entries of a settings frame, size of a frame',
  L10: 'bytes held: unread and unsent, stream and session',
  L11: 'work in one turn',
  L12: 'text that is kept of what the peer says',
  // B: faults of networks, users and clocks.
  B01: 'cut after any byte',
  B02: 'split and merged anywhere',
  B03: 'any order across streams',
  B04: 'delay and starvation',
  B05: 'flipped, doubled and foreign bytes',
  B06: 'half-close in every state',
  B07: 'the peer dies in the middle',
  B08: 'the peer vanishes',
  B09: 'slow readers at each layer',
  B10: 'slow writers',
  B11: 'user code that throws, hangs, calls twice',
  B12: 'a clock that jumps',
  B13: 'timers of one tick',
  B18: 'settings that cross with data',
  B19: 'overload is refused, not stalled',
  B20: 'counters near 2^31, 2^32 and 2^53',
  B22: 'a loop that stands still for half a second kills no healthy peer',
}

/** How far each family goes; ids beyond are a mistake. Families that later versions claim are named here too. */
export const FAMILIES = {
  DM: 22,
  SS: 20,
  AM: 32,
  DG: 30,
  ST: 21,
  L: 13,
  H: 49,
  S: 15,
  P: 14,
  Y: 12,
  F: 3,
  K: 11,
  B: 22,
}

const WITH_DASH = ['DM', 'SS', 'AM', 'DG', 'ST']
const ID = new RegExp(`\\b(?:(${WITH_DASH.join('|')})-(\\d+)|([LHSPYFKB])(\\d\\d))\\b`, 'g')

/** All ids in a text, in order: `'DM-3, SS-4: every wait ends'` → `['DM-3', 'SS-4']`. */
export const idsIn = (text) => [...text.matchAll(ID)].map(([id]) => id)

/** A test's name carries rows if it begins with one. */
export const beginsWithId = (text) => text.search(ID) === 0

/** There is such a row, in this version or a later one. */
export function isRow(id) {
  const [, family, number] = /^([A-Z]+)-?(\d+)$/.exec(id) ?? []
  return family !== undefined && Number(number) >= 1 && Number(number) <= (FAMILIES[family] ?? 0)
}
