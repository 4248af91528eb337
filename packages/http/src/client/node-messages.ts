/** Between the client's messages and those of node:http. */
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Writable } from 'node:stream'
import { HeaderFields } from '@plexus/contract'
import { withoutHopByHop } from '../message/fields.js'
import type { ResponseHead } from '../message/heads.js'
import type { ClientResponse } from './response.js'

/** Raw headers of Node, name, value, name, value, … */
export function headersOf(raw: readonly string[]): HeaderFields {
  return HeaderFields.fromFlat(raw.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)))
}

/** Writes an interim answer before the one that the connection is busy with: Node's own response knows three of them only. */
export function informTo(socket: Writable, { status, headers }: ResponseHead): void {
  const lines = [...withoutHopByHop(headers)].map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`, 'latin1')
}

/** Writes an answer, with back-pressure; settles when it is all written. Rejects when the answer breaks off. */
export async function writeTo(response: ServerResponse, answer: ClientResponse): Promise<void> {
  const fields = withoutHopByHop(answer.headers)
  // Node writes a Date of its own otherwise: the answer is somebody else's.
  response.sendDate = false
  response.writeHead(answer.status, answer.statusText || undefined, [...fields.flat])
  for await (const bytes of answer.body) {
    if (!response.write(bytes)) await roomIn(response)
  }
  const trailers = await answer.trailers
  if (trailers.size > 0) response.addTrailers([...trailers])
  response.end()
}

function roomIn(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle)
      if (response.destroyed && !response.writableFinished) reject(new Error('expected a reader, it is gone'))
      else resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}
