import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Attack } from './attack.js'
import { CODES, countFrames, FLAG, greeting, HEAD_BYTES, settingsAck, TYPE } from './wire.js'

/** What an attacker saw. */
export interface Seen {
  /** Frames written until it was over, or all that there were. */
  readonly sent: number
  /** Code of the GOAWAY; undefined if none came. */
  readonly goAway: string | undefined
  /** How many RST_STREAM of each code. */
  readonly resets: Readonly<Record<string, number>>
  /** The server closed. */
  readonly closed: boolean
  /** How long it took, ms. */
  readonly ms: number
}

export interface Assault {
  readonly seen: Seen
  /** By it the server tells attackers apart. */
  readonly port: number
  /** Lets go of the connection, if it is still there. */
  leave(): void
}

/** How long an attack may take, ms. */
export const MOST_MS = 3000
const LINGER_MS = 1500

/** Attacks the server behind `port` once, on a connection of its own, until it reacts, all is said, or the time is up. */
export async function assault(attack: Attack, port: number): Promise<Assault> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.setNoDelay()
  const ear = new Ear(socket, attack)
  const since = performance.now()
  const until = since + MOST_MS
  const isOver = () => ear.isOver || performance.now() > until
  const say = (bytes: Uint8Array) => {
    ear.sent += countFrames(bytes)
    return socket.write(bytes)
  }
  say(attack.begin ?? greeting())
  const { round, rounds = 1000, batch = 8 } = attack
  for (let i = 0; round !== undefined && i < rounds && !isOver(); ) {
    const said: Uint8Array[] = []
    for (const end = Math.min(i + batch, rounds); i < end; i += 1) said.push(round(i))
    const hasRoom = say(Buffer.concat(said))
    if (attack.waits) await ear.hears()
    else await (hasRoom ? turn() : Promise.race([once(socket, 'drain').catch(() => undefined), pause(50)]))
  }
  if (attack.reads === 'late') {
    await pause(100)
    ear.open()
  }
  // What is to end ends now or in time; what is not has a moment to go wrong.
  const patience = attack.bound.ends === 'never' ? Math.min(until, performance.now() + 500) : until
  while (!ear.isOver && performance.now() < patience) await pause(5)
  const ms = performance.now() - since
  // Whoever has said goodbye closes within a second.
  while (ear.isOver && !ear.isClosed && performance.now() < since + ms + LINGER_MS) await pause(5)
  return { seen: ear.seen(ms), port: ear.port, leave: () => void socket.destroy() }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Hears what the server says to an attacker. */
class Ear {
  readonly port: number
  sent = 0
  #goAway: string | undefined
  #closed = false
  readonly #socket: Socket
  readonly #acks: boolean
  readonly #resets: Record<string, number> = {}
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, { reads = true, acks = true }: Attack) {
    this.port = socket.localPort ?? 0
    socket.once('close', () => {
      this.#closed = true
    })
    this.#socket = socket
    this.#acks = acks
    if (reads === true) this.open()
  }

  /** From now on it hears. */
  open(): void {
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk])
      for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
        const { type, flags, payload } = frame
        if (type === TYPE.GOAWAY) this.#goAway ??= codeName(payload.readUInt32BE(4))
        else if (type === TYPE.RST_STREAM) this.#count(codeName(payload.readUInt32BE(0)))
        else if (type === TYPE.SETTINGS && (flags & FLAG.ACK) === 0 && this.#acks) {
          this.sent += 1
          socket.write(settingsAck())
        }
      }
    })
  }

  /** The server has said something, or 50 ms have passed. */
  async hears(): Promise<void> {
    const before = this.#socket.bytesRead
    for (let i = 0; i < 50 && this.#socket.bytesRead === before && !this.isOver; i += 1) await pause(1)
  }

  get isOver(): boolean {
    return this.#closed || this.#goAway !== undefined
  }

  get isClosed(): boolean {
    return this.#closed
  }

  seen(ms: number): Seen {
    return { sent: this.sent, goAway: this.#goAway, resets: this.#resets, closed: this.#closed, ms }
  }

  #count(code: string): void {
    this.#resets[code] = (this.#resets[code] ?? 0) + 1
  }

  #next(): { type: number; flags: number; payload: Buffer } | undefined {
    const rest = this.#rest
    if (rest.length < HEAD_BYTES) return undefined
    const end = HEAD_BYTES + rest.readUIntBE(0, 3)
    if (rest.length < end) return undefined
    this.#rest = rest.subarray(end)
    return { type: rest[3]!, flags: rest[4]!, payload: rest.subarray(HEAD_BYTES, end) }
  }
}

const codeName = (code: number): string => CODES[code] ?? `code ${code}`
