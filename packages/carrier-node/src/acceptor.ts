import type { ListenOptions, Server } from 'node:net'

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1000

/** Calls `run` after `ms`; what it gives back calls that off. */
export type Later = (run: () => void, ms: number) => () => void

/** A door that is shut for a while is a reason for the process to live on, as an open one is. */
const later: Later = (run, ms) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/**
 * Keeps a port or path listening. An error while accepting (no descriptors left, most often) closes the door for a
 * while, 5 ms at first and twice as long each time up to a second, and then opens it again; connections that were
 * accepted do not notice.
 */
export class Acceptor {
  readonly server: Server

  readonly #later: Later
  #where: ListenOptions
  #pauseMs = FIRST_PAUSE_MS
  #callOff: (() => void) | undefined
  #isClosed = false

  /** @param server of TCP, a path or TLS; what becomes of its connections is the caller's business */
  constructor(server: Server, where: ListenOptions, wait: Later = later) {
    this.server = server
    this.#where = where
    this.#later = wait
    server.on('connection', () => {
      this.#pauseMs = FIRST_PAUSE_MS
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Begins to listen; rejects where that fails the first time. */
  async open(): Promise<void> {
    await this.#listen()
    const address = this.server.address()
    // An accept error must not move us to another port than the one we gave out.
    if (address !== null && typeof address === 'object') this.#where = { ...this.#where, port: address.port }
    this.server.on('error', () => this.#pause())
  }

  /** Accepts no more. Returns when the port or path is free again. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#callOff?.()
    if (this.server.listening) this.server.close()
  }

  #listen(): Promise<void> {
    const { server } = this
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
    if (this.server.listening) this.server.close()
    this.#callOff?.()
    this.#callOff = this.#later(() => this.server.listen(this.#where), this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
  }
}
