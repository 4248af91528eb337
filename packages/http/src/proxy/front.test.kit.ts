import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { spdy } from '@plexus/codec-spdy'
import type { Limits } from '@plexus/contract'
import { memoryPair, type ScriptedPeer, scriptedPeer } from '@plexus/testkit'
import { createSession, type PlexusSession } from 'plexus'
import { nodeHost } from 'plexus/node'
import type { ExchangeHandler } from '../server/exchange.js'
import { httpStreams } from '../server/serve.js'
import { createServer as createPlexus } from '../server/server.js'
import { proxyTo } from './exchange.js'
import type { ProxyOptions, Route } from './forward.js'
import type { ProxyTarget } from './origin.js'
import { streamProxy } from './stream-proxy.js'

/** A real server of Node in front, which sends on what it gets; its errors, in order. */
export interface Stand extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  readonly errors: unknown[]
}

export async function standOf(
  target: ProxyTarget | Route | undefined,
  options: ProxyOptions = {},
): Promise<Stand> {
  const errors: unknown[] = []
  const server = await serverOf((req, res) => {
    streamProxy(target, req, res, options).catch((error: unknown) => void errors.push(error))
  })
  return {
    server,
    port: (server.address() as AddressInfo).port,
    errors,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A server of ours in front, at `http://`. */
export async function doorOf(
  target: ProxyTarget | Route | undefined,
  options: ProxyOptions = {},
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createPlexus({ exchange: proxyTo(target, options) })
  const { port } = await server.listen('http://127.0.0.1:0')
  return { port: port!, [Symbol.asyncDispose]: () => server.close({ timeoutMs: 0 }) }
}

export async function serverOf(listener: RequestListener, options: ServerOptions = {}): Promise<Server> {
  const server = createServer(options, listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

/** A session to an origin that says what the test lets it say. */
export async function scriptedOrigin(
  limits?: Partial<Limits>,
): Promise<{ session: PlexusSession; peer: ScriptedPeer }> {
  const { clock } = nodeHost
  const [near, far] = memoryPair({ clock })
  const protocol = spdy()
  const peer = scriptedPeer({ protocol, role: 'server', carrier: far, clock, withinMs: 5000 })
  const session = createSession({ codec: protocol, carrier: near, role: 'client', host: nodeHost, limits })
  await peer.wants({ type: 'settings' })
  await peer.wants({ type: 'window', id: 0 })
  return { session, peer }
}

/** A session to an origin of ours. */
export function originOf(handler: ExchangeHandler, limits?: Partial<Limits>): PlexusSession {
  const [near, far] = memoryPair({ clock: nodeHost.clock, record: false })
  const streams = httpStreams(handler)
  const shared = { codec: spdy(), host: nodeHost, limits }
  const server: PlexusSession = createSession({
    ...shared,
    carrier: far,
    role: 'server',
    handler: (stream) => streams(stream, server),
  })
  return createSession({ ...shared, carrier: near, role: 'client' })
}

/** A client that writes bytes and keeps those that come. */
export class RawClient {
  readonly socket: Socket
  #text = ''
  #isOver = false
  #wake: () => void = () => undefined

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    for (const event of ['end', 'error', 'close']) {
      this.socket.on(event, () => {
        this.#isOver = true
        this.#wake()
      })
    }
  }

  get text(): string {
    return this.#text
  }

  says(text: string): this {
    this.socket.write(Buffer.from(text, 'latin1'))
    return this
  }

  /** Waits until what came holds `part`. */
  async hears(part: string | RegExp): Promise<string> {
    const has = () => (typeof part === 'string' ? this.#text.includes(part) : part.test(this.#text))
    while (!has()) {
      if (this.#isOver) throw new Error(`wanted ${part}, and the connection ended after\n${this.#text}`)
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
    return this.#text
  }

  /** Waits until the other side ends or breaks the connection. */
  async over(): Promise<string> {
    while (!this.#isOver) {
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
    return this.#text
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
