/** What does a request of Node's server say? The model that is written anew behind a proxy, whatever is spoken there. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { isAuthority, type RequestHead } from '../message/heads.js'
import { faultOfHttp1, isInDoubt, rawFields } from '../server/http1-head.js'
import { ExchangeSocket } from '../server/node-socket.js'
import { Refusal, type Sender } from './crossing.js'

export function senderOf({ httpVersion, socket }: IncomingMessage): Sender {
  return { protocol: httpVersion, address: socket.remoteAddress }
}

/** Without what came: it may hold a password (S15). */
const NO_AUTHORITY = 'a host and perhaps a port, got another form'

/** The model of a request, written anew on the other side; what can be read in two ways is not read at all (S08). */
export function requestOf(req: IncomingMessage): RequestHead | Refusal {
  const { method = '', url = '' } = req
  if (isInDoubt(req)) return new Refusal(400, 'nothing behind a request that was refused, more came')
  const headers = rawFields(req.rawHeaders)
  const fault = faultOfHttp1(headers, req.httpVersion)
  if (fault !== undefined) return new Refusal(400, fault)
  const hosts = headers.getAll('host')
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
