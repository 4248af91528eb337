// What we use of npm spdy-transport, which brings no types.
declare module 'spdy-transport' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'
  import type { Duplex } from 'node:stream'

  interface ConnectionOptions {
    protocol: string
    isServer: boolean
    windowSize?: number
    maxChunk?: number
  }

  interface Stream extends Duplex {
    readonly path: string
    respond(status: number, headers: Record<string, string>): void
  }

  interface Connection extends EventEmitter {
    start(version: number): void
    request(uri: { method: string; host: string; path: string; headers?: Record<string, string> }): Stream
    on(event: 'stream', listener: (stream: Stream) => void): this
  }

  const transport: { connection: { create(socket: Socket, options: ConnectionOptions): Connection } }
  export default transport
}
