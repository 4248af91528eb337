// docs/errors.md: the codes, what goes out for them, and what each fault costs its sender.
import { unionOf } from '../sources.mjs'
import { code, MADE, table } from './markdown.mjs'

export async function errorsPage() {
  const { ByteWriter, resolveLimits } = await import('../../packages/contract/dist/index.js')
  const { spdy, TRAITS } = await import('../../packages/codec-spdy/dist/index.js')
  const { http2, TRAITS: HTTP2 } = await import('../../packages/codec-http2/dist/index.js')
  const limits = resolveLimits()

  /** The code that a frame ends with, as it stands on the wire. */
  const statusOf = (protocol, frame) => {
    const out = new ByteWriter()
    protocol.create({ role: 'client', limits }).encode(frame, out)
    const bytes = Buffer.concat(out.take())
    return bytes.readUInt32BE(bytes.length - 4)
  }
  const codes = [...unionOf('packages/contract/src/codes.ts', 'ErrorCode')].map(([name, comment]) => {
    const reset = { type: 'reset', id: 1, code: name }
    const goAway = { type: 'goAway', lastId: 0, code: name }
    return [
      code(name),
      comment,
      ...[spdy(), http2()].map((one) => [reset, goAway].map((frame) => statusOf(one, frame)).join(' / ')),
    ]
  })

  const TABLES = { ...TRAITS, h2: HTTP2 }
  const profiles = Object.keys(TABLES)
  const rows = [...unionOf('packages/contract/src/traits.ts', 'FaultName')].map(([name, comment]) => [
    code(name),
    comment,
    ...profiles.map((profile) => cost(TABLES[profile].faults[name])),
  ])

  return `${MADE}# Errors

Every error that reaches you is a \`PlexusError\`, and says four things at once:

- \`scope\`: how far it reaches: one \`request\` (a call), one \`stream\`, or the \`session\` with all its streams;
- \`code\`: what it is, in the words below, which no protocol owns;
- \`blame\`: who caused it: \`peer\`, \`us\`, \`application\` or \`carrier\`;
- \`processed\`: whether the peer's application saw the stream. With \`no\`, trying again elsewhere is safe: \`isRetryable(error)\`.

Where they are known it also names the \`state\` of the chart that met the fault, the \`event\` that was refused, the
\`streamId\` and the \`wireCode\`. The message says what was expected and what came. Nothing that a peer sends makes Plexus throw.

## Codes

What goes out for them: the number in SPDY's and HTTP/2's RST_STREAM, and behind the slash in their GOAWAY.

${table(['code', 'when one meets it', 'SPDY', 'HTTP/2'], codes)}

## Faults

Input that is well formed and out of place, and what it costs its sender. A stream error resets that stream and the
session lives; a session error is one GOAWAY and the end. What a protocol does not mention here, its codec finds in the bytes
themselves (see the pages of [SPDY](protocols/spdy.md) and [HTTP/2](protocols/http2.md)).

${table(['fault', 'what came', ...profiles.map(code)], rows)}
`
}

function cost(verdict) {
  return verdict.scope === 'ignore' ? 'ignored' : `${verdict.scope}: ${verdict.code}`
}
