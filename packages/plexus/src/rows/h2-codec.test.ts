/** HTTP/2's codec keeps to what every codec does. */
import { describe, test } from '@jest/globals'
import { http2 } from '@plexus/codec-http2'
import { type CodecSample, codecCases, frames } from '@plexus/testkit'

const REQUEST = {
  ':method': 'GET',
  ':scheme': 'https',
  ':path': '/a',
  ':authority': 'example.test',
  cookie: ['a=b', 'c=d'],
}
const LONG = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) & 0xff)

/** Without header updates, which it has not, and with names that it knows. */
const SAMPLES: readonly CodecSample[] = [
  {
    name: 'everything a client says',
    role: 'client',
    frames: [
      frames.settings({ initialWindow: 1_000_000 }),
      frames.settings({}, { ack: true }),
      frames.ping(1),
      frames.open(1, { headers: REQUEST }),
      frames.priority(1, 5, { incremental: true }),
      frames.window(1, 70_000),
      frames.window(0, 2 ** 20),
      frames.data(1, 'hello'),
      frames.data(1, LONG),
      frames.headers(1, { 'x-late': 'yes' }, { end: true }),
      frames.open(3, { headers: REQUEST, end: true }),
      frames.reset(3, 'CANCEL'),
      frames.goAway(1),
    ],
  },
  {
    name: 'everything a server says',
    role: 'server',
    frames: [
      frames.settings({ initialWindow: 1_000_000, maxConcurrentStreams: 7 }),
      frames.ping(2 ** 40, { ack: true }),
      frames.inform(1, { ':status': '103', link: '</a>' }),
      frames.reply(1, { headers: { ':status': '200', 'content-type': 'text/plain' } }),
      frames.data(1, LONG),
      frames.data(1, '', { end: true }),
      frames.reset(3, 'REFUSED_STREAM'),
      frames.goAway(1),
    ],
  },
]

describe('B02 B05', () => {
  for (const { name, run } of codecCases(http2(), SAMPLES)) test(name, run)
})
