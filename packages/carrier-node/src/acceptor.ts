import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1000

/**
 * Keeps a port or path listening. An error while accepting (no descriptors left, most often) closes the door for a
 * while, 5 ms at first and twice as long each time up to a second, and then opens it again; connections that were
 * accepted do not notice.
 */
export class Acceptor {
  readonly #server: Server
  #where: ListenOptions
  #pauseMs = FIRST_PAUSE_MS
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(where: ListenOptions, onSocket: (socket: Socket) => void) {
    this.#where = where
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#pauseMs = FIRST_PAUSE_MS
      onSocket(socket)
    })
  }

  /** For a test to make it fail. */
  get server(): Server {
    return this.#server
  }

  /** Begins to listen; rejects where that fails the first time. */
  async open(): Promise<void> {
    await this.#listen()
    const address = this.#server.address()
    // An accept error must not move us to another port than the one we gave out.
    if (address !== null && typeof address === 'object') this.#where = { ...this.#where, port: address.port }
    this.#server.on('error', () => this.#pause())
  }

  /** Accepts no more. Returns when the port or path is free again. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    if (this.#server.listening) this.#server.close()
  }

  #listen(): Promise<void> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      const onListening = () => {
        server.off('error', onError)
        resolve()
      }
      const onError = (error: Error) => {
        server.off('listening', onListening)
        reject(error)
      }
      server.once('error', onError)
      server.once('listening', onListening)
      server.listen(this.#where)
    })
  }

  #pause(): void {
    if (this.#isClosed) return
    if (this.#server.listening) this.#server.close()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#server.listen(this.#where), this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
  }
}
