/** What does a request of Node's server say? The model that is written anew behind a proxy, whatever is spoken there. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { HeaderFields } from '@plexus/contract'
import { contentLength } from '../message/fields.js'
import { isAuthority, type RequestHead } from '../message/heads.js'
import { ExchangeSocket } from '../server/node-socket.js'
import { Refusal, type Sender } from './crossing.js'

/** Connections on which a request was refused as malformed: what stands behind it may be anything. */
const inDoubt = new WeakSet<object>()

/** A request was refused as malformed: nothing behind it on its connection is taken. */
export function doubt({ socket }: IncomingMessage): void {
  inDoubt.add(socket)
}

export function senderOf({ httpVersion, socket }: IncomingMessage): Sender {
  return { protocol: httpVersion, address: socket.remoteAddress }
}

/** Without what came: it may hold a password (S15). */
const NO_AUTHORITY = 'a host and perhaps a port, got another form'

/** The model of a request, written anew on the other side; what can be read in two ways is not read at all (S08). */
export function requestOf(req: IncomingMessage): RequestHead | Refusal {
  const { method = '', url = '' } = req
  if (inDoubt.has(req.socket)) return new Refusal(400, 'nothing behind a request that was refused, more came')
  const headers = fieldsOf(req.rawHeaders)
  const codings = headers.getAll('transfer-encoding')
  if (codings.length > 0) {
    if (headers.has('content-length'))
      return new Refusal(400, 'content-length or transfer-encoding, both came')
    if (req.httpVersion === '1.0') return new Refusal(400, 'no transfer-encoding in HTTP/1.0')
    if (codings.length > 1 || codings[0]!.toLowerCase() !== 'chunked')
      return new Refusal(400, `'chunked' as the only transfer-encoding`)
  }
  const length = contentLength(headers)
  if (typeof length === 'string') return new Refusal(400, length)
  const hosts = headers.getAll('host')
  if (hosts.length > 1) return new Refusal(400, 'one host, more came')
  const scheme = (req.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http'
  if (method === 'CONNECT') return { method, scheme: '', authority: url, path: '', headers }
  if (url.startsWith('/') || url === '*') {
    const [authority = ''] = hosts
    if (authority === '') return new Refusal(400, 'a host, none came')
    if (!isAuthority(authority)) return new Refusal(400, NO_AUTHORITY)
    return { method, scheme, authority, path: url, headers }
  }
  // The absolute form: what it says goes before host (RFC 9112 §3.2.2).
  const [, named, authority, rest = ''] = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(url) ?? []
  if (named === undefined || authority === undefined)
    return new Refusal(400, 'a target that is a path or an address, got another form')
  if (!isAuthority(authority)) return new Refusal(400, NO_AUTHORITY)
  const path = rest.startsWith('/') ? rest : `/${rest}`
  return { method, scheme: named.toLowerCase(), authority, path, headers }
}

/**
 * RFC 9112 §6.3: on HTTP/1 a request has a body if its fields say so; on our own streams its end says so, and where that came
 * with the head, its first bytes: they are here, so this waits for nobody.
 */
export function bringsBody(req: IncomingMessage): boolean | Promise<boolean> {
  const { headers } = req
  const socket: unknown = req.socket
  if (!(socket instanceof ExchangeSocket))
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (headers['content-length'] !== undefined) return headers['content-length'] !== '0'
  return socket.isPeerDone ? firstBytes(req) : true
}

async function firstBytes(req: IncomingMessage): Promise<boolean> {
  if (req.readableLength === 0 && !req.readableEnded && !req.destroyed) {
    await new Promise<void>((resolve) => {
      const settle = () => {
        // One that stays would keep the body from flowing.
        for (const event of EDGES) req.off(event, settle)
        resolve()
      }
      for (const event of EDGES) req.on(event, settle)
    })
  }
  return req.readableLength > 0
}

const EDGES = ['readable', 'end', 'close'] as const

export function fieldsOf(raw: readonly string[]): HeaderFields {
  return HeaderFields.fromFlat(raw.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)))
}
