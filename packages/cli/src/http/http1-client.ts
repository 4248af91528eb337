/** Requests of HTTP/1.1 by Node's own client, on connections that are kept for the next. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'

export interface Http1Trust {
  readonly insecure: boolean
  readonly ca: string | undefined
}

export interface Http1Request {
  readonly host: string
  readonly port: number
  readonly path: string | undefined
  readonly method: string | undefined
  /** Sent as they are; `host` is not added. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly signal: AbortSignal
}

/** One request at a time on a connection; as many connections as there are requests at once. */
export class Http1Client {
  readonly #isSecure: boolean
  readonly #agent: Agent

  constructor(isSecure: boolean, { insecure, ca }: Http1Trust) {
    this.#isSecure = isSecure
    this.#agent = isSecure
      ? new SecureAgent({ keepAlive: true, rejectUnauthorized: !insecure, ...(ca !== undefined && { ca }) })
      : new Agent({ keepAlive: true })
  }

  /** Begins a request, whose body the caller writes and ends; the answer may come before that, and holds. */
  begin({ headers, ...rest }: Http1Request): { outgoing: ClientRequest; answered: Promise<IncomingMessage> } {
    const outgoing = (this.#isSecure ? secureRequest : request)({
      ...rest,
      agent: this.#agent,
      headers: headers.flat(),
      setHost: false,
      ...(this.#isSecure && { ALPNProtocols: ['http/1.1'] }),
    })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.on('error', reject)
    })
    return { outgoing, answered }
  }

  close(): void {
    this.#agent.destroy()
  }
}
