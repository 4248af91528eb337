/** HTTP on a session: each request a stream of its own. */
import { HttpClient } from '@plexus/http'
import type { PlexusSession } from 'plexus'
import type { Answer, Asking, HttpPeer } from './peer.js'

export class SessionPeer implements HttpPeer {
  readonly session: PlexusSession
  readonly #client: HttpClient

  constructor(session: PlexusSession) {
    this.session = session
    this.#client = new HttpClient(session)
  }

  async ask({ target, method, headers, body, signal }: Asking): Promise<Answer> {
    const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
    const own = headers.filter(([name]) => name.toLowerCase() !== 'host')
    const hasLength = own.some(([name]) => name.toLowerCase() === 'content-length')
    const length =
      body?.length === undefined || hasLength ? [] : [['content-length', `${body.length}`] as const]
    const response = await this.#client.request({
      method,
      scheme: target.isSecure ? 'https' : 'http',
      authority: host ?? target.authority,
      path: target.path,
      headers: [...own, ...length],
      body: body?.open(),
      signal,
    })
    return {
      protocol: this.session.protocol,
      status: response.status,
      statusText: response.statusText,
      headers: [...response.headers],
      body: response.body,
      trailers: async () => [...(await response.trailers)],
      cancel: () => response.cancel(),
    }
  }

  async close(now: AbortSignal): Promise<void> {
    await this.session.close({ signal: now })
  }
}
