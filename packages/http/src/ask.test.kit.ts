import { type Bytes, HeaderFields, type MuxSession, type MuxStream } from '@plexus/contract'
import { wireOf } from './message/wire.js'
import { requestOf } from './pair.test.kit.js'

/** What a test asks of a server. */
export interface Question {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Bytes
}

/** What came back, whole. */
export interface Answer {
  readonly status: number
  readonly headers: HeaderFields
  readonly bytes: Bytes
  readonly text: string
}

/** Opens a request and leaves the rest to the test. */
export function opened(
  session: MuxSession,
  question: Question = {},
  end = question.body === undefined,
): Promise<MuxStream> {
  const { method = 'GET', path = '/', headers } = question
  const fields = HeaderFields.from(requestOf(path, { ':method': method, ...headers }))
  return session.open({ headers: wireOf(session).hasVersion ? fields : withoutVersion(fields), end })
}

/** The same fields as HTTP/2 names them. */
function withoutVersion(fields: HeaderFields): HeaderFields {
  const kept = [...fields].filter(([name]) => name !== ':version')
  return HeaderFields.from(
    kept.map(([name, value]) => [name === ':host' ? ':authority' : name, value] as const),
  )
}

/** A request and its answer, without any rule of our own client between. */
export async function ask(session: MuxSession, question: Question = {}): Promise<Answer> {
  const stream = await opened(session, question)
  if (question.body !== undefined) await stream.write(question.body, { end: true })
  return answerOf(stream)
}

export async function answerOf(stream: MuxStream): Promise<Answer> {
  const fields = await stream.replied
  const chunks: Bytes[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const bytes = new Uint8Array(Buffer.concat(chunks))
  const [status] = (fields.get(':status') ?? '').split(' ')
  return { status: Number(status), headers: fields, bytes, text: new TextDecoder().decode(bytes) }
}

/** JSON with the fields that say so. */
export function json(value: unknown, more: Question = {}): Question {
  const body = JSON.stringify(value)
  const headers = { 'content-type': 'application/json', 'content-length': `${body.length}` }
  return { method: 'POST', body, ...more, headers: { ...headers, ...more.headers } }
}
