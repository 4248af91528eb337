import type { Socket } from 'node:net'
import type { Server } from 'node:tls'

/**
 * The connections whose handshake is not done: nobody has them yet, so nobody else could end them. They are known by the
 * peer's address, for Node does not say which connection a TLS socket stands on.
 */
export class Handshakes {
  readonly #pending = new Map<string, Socket>()

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const place = placeOf(socket)
      this.#pending.set(place, socket)
      socket.once('close', () => this.#pending.delete(place))
    })
    server.on('secureConnection', (socket) => this.#pending.delete(placeOf(socket)))
  }

  /** Ends them now. */
  destroy(): void {
    for (const socket of this.#pending.values()) socket.destroy()
  }
}

const placeOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
