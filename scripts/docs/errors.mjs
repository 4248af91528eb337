// docs/errors.md: the codes, what goes out for them, and what each fault costs its sender.
import { unionOf } from '../sources.mjs'
import { code, MADE, table } from './markdown.mjs'

export async function errorsPage() {
  const { ByteWriter, resolveLimits } = await import('../../packages/contract/dist/index.js')
  const { spdy, TRAITS } = await import('../../packages/codec-spdy/dist/index.js')
  const limits = resolveLimits()

  /** The status that a frame ends with, as it stands on the wire. */
  const statusOf = (frame) => {
    const out = new ByteWriter()
    spdy().create({ role: 'client', limits }).encode(frame, out)
    return Buffer.concat(out.take()).readUInt32BE(12)
  }
  const codes = [...unionOf('packages/contract/src/codes.ts', 'ErrorCode')].map(([name, comment]) => [
    code(name),
    comment,
    statusOf({ type: 'reset', id: 1, code: name }),
    statusOf({ type: 'goAway', lastId: 0, code: name }),
  ])

  const profiles = Object.keys(TRAITS)
  const rows = [...unionOf('packages/contract/src/traits.ts', 'FaultName')].map(([name, comment]) => [
    code(name),
    comment,
    ...profiles.map((profile) => cost(TRAITS[profile].faults[name])),
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

*RST_STREAM* and *GOAWAY* are the numbers that SPDY puts on the wire for them.

${table(['code', 'when one meets it', 'RST_STREAM', 'GOAWAY'], codes)}

## Faults

Input that is well formed and out of place, and what it costs its sender. A stream error resets that stream and the
session lives; a session error is one GOAWAY and the end. What a protocol does not mention here, its codec finds in the bytes
themselves (see the [SPDY page](protocols/spdy.md)).

${table(['fault', 'what came', ...profiles.map(code)], rows)}
`
}

function cost(verdict) {
  return verdict.scope === 'ignore' ? 'ignored' : `${verdict.scope}: ${verdict.code}`
}
