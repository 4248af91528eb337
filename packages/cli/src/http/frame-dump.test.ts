import { expect, test } from '@jest/globals'
import { ByteWriter, type Codec, HeaderFields, type OutFrame, protocolOf, resolveLimits } from 'plexus'
import { dumped } from './frame-dump.js'

function pair(): { lines: string[]; client: Codec; server: Codec } {
  const lines: string[] = []
  let at = 0
  const protocol = dumped(protocolOf('spdy'), {
    write: (line) => lines.push(line),
    seconds: () => at++ / 1000,
  })
  const limits = resolveLimits({})
  return {
    lines,
    client: protocol.create({ role: 'client', limits }),
    server: protocolOf('spdy').create({ role: 'server', limits }),
  }
}

function wire(
  codec: Codec,
  ...frames: (OutFrame | { id: number; payload: Uint8Array; end: boolean })[]
): Uint8Array {
  const out = new ByteWriter()
  for (const frame of frames) {
    if ('payload' in frame) codec.encodeData(frame.id, frame.payload, frame.end, out)
    else codec.encode(frame, out)
  }
  return Buffer.concat(out.take())
}

test('a frame that is sent is a paragraph: when, what, its flags, its headers', () => {
  const { client, lines } = pair()
  const headers = HeaderFields.from([
    [':method', 'GET'],
    [':path', '/a'],
  ])
  wire(client, { type: 'open', id: 1, parent: 0, priority: 3, headers, end: true, unidirectional: false })
  expect(lines).toEqual([
    expect.stringMatching(/^\[ {2}0\.000\] send SYN_STREAM frame <length=\d+, stream_id=1>$/),
    '          ; END',
    '          (pri=3, assoc_stream_id=0)',
    '          ; Open new stream',
    '          :method: GET',
    '          :path: /a',
  ])
})

test('a frame that comes is one paragraph however it is cut, and goes on to who asked for it', () => {
  const { client, server, lines } = pair()
  const bytes = wire(
    server,
    { type: 'reply', id: 1, headers: HeaderFields.from({ ':status': '200 OK' }), end: false },
    { id: 1, payload: new Uint8Array(1000), end: true },
    { type: 'window', id: 0, delta: 77 },
    { type: 'ping', token: 2, ack: false },
    { type: 'reset', id: 3, code: 'CANCEL' },
    { type: 'goAway', lastId: 1, code: 'NO_ERROR' },
  )
  const types: string[] = []
  for (let i = 0; i < bytes.length; i += 100) {
    client.decode(bytes.subarray(i, i + 100), (frame) => {
      types.push(frame.type)
      return true
    })
  }
  expect(new Set(types)).toEqual(new Set(['reply', 'data', 'window', 'ping', 'reset', 'goAway']))
  expect(lines.filter((line) => line.startsWith('['))).toEqual([
    '[  0.000] recv SYN_REPLY frame <stream_id=1>',
    '[  0.001] recv DATA frame <length=1000, stream_id=1>',
    '[  0.002] recv WINDOW_UPDATE frame <stream_id=0>',
    '[  0.003] recv PING frame <stream_id=0>',
    '[  0.004] recv RST_STREAM frame <stream_id=3>',
    '[  0.005] recv GOAWAY frame <stream_id=0>',
  ])
  expect(lines).toContain('          (window_size_increment=77)')
  expect(lines).toContain('          (last_stream_id=1, error_code=NO_ERROR(0))')
})

test('S01 what a peer writes does nothing to a terminal', () => {
  const { client, server, lines } = pair()
  const headers = HeaderFields.fromFlat([':status', '200', 'x', 'a\x1b[2Jb\x9bc'])
  client.decode(wire(server, { type: 'reply', id: 1, headers, end: true }), () => true)
  expect(lines.at(-1)).toBe('          x: a\\x1b[2Jb\\x9bc')
})

test('bytes that are no frame are written down as what is wrong with them', () => {
  const { client, lines } = pair()
  client.decode(new Uint8Array([0x80, 9, 0, 1, 0, 0, 0, 0]), () => true)
  expect(lines.join('\n')).toMatch(/recv .* frame <stream_id=0>\n {10}; .*\(session\): /)
})
