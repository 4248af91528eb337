/* What a media server meets: many films open at once, most of them paused; people who seek; readers of every speed. */
import { describe, expect, it, jest } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { type Limits, resolveLimits } from '@plexus/contract'
import { memoryPair, type VirtualClock, virtualHost } from '@plexus/testkit'
import { createSession, type PlexusSession } from 'plexus'
import { HttpClient } from './client/http-client.js'
import type { ClientResponse } from './client/response.js'
import type { Exchange } from './server/exchange.js'
import { httpStreams } from './server/serve.js'

// Much is moved; how long that takes here says nothing.
jest.setTimeout(60_000)

const FILM_BYTES = 2_000_000_000
const CHUNK = 16 * 1024
/** Each way, so that what waits for a window can be told from what does not. */
const LATENCY_MS = 10

const LIMITS: Partial<Limits> = {
  maxInboundStreams: 1000,
  streamReceive: 65_536,
  receiveLent: 1024 * 1024,
  sessionReceive: 32 * 1024 * 1024,
  // People seek; a server of media lets them.
  resetsReceivedBurst: 10_000,
}

/** A film's byte at `position`: what a range holds can be checked without the film. */
const byteAt = (position: number) => position % 251

const PATTERN = Uint8Array.from({ length: CHUNK + 251 }, (_, i) => byteAt(i))
const pieceOf = (position: number, length: number) =>
  PATTERN.subarray(position % 251, (position % 251) + length)

class Cinema {
  readonly clock: VirtualClock
  readonly server: PlexusSession
  readonly session: PlexusSession
  readonly client: HttpClient
  readonly chance
  /** Bytes that handlers have given to their streams. */
  produced = 0
  /** Ranges that are being sent. */
  sending = 0
  /** Bytes that the test has read. */
  read = 0

  constructor(limits: Partial<Limits> = LIMITS) {
    const host = virtualHost({ seed: 7 })
    this.clock = host.clock
    this.chance = host.chance
    const [a, b] = memoryPair({
      clock: host.clock,
      latencyMs: LATENCY_MS,
      record: false,
      highWater: 1024 * 1024,
    })
    const streams = httpStreams((exchange) => this.#play(exchange))
    this.server = createSession({
      ...{ codec: spdy(), host, carrier: b, role: 'server', limits },
      handler: (stream) => streams(stream, this.server),
    })
    this.session = createSession({ codec: spdy(), host, carrier: a, role: 'client', limits })
    this.client = new HttpClient(this.session, { origin: 'http://film.test', clock: host.clock })
  }

  /** Opens the film at `position`. */
  async open(position: number, signal?: AbortSignal): Promise<ClientResponse> {
    const request = { path: '/film', headers: { range: `bytes=${position}-` }, ...(signal && { signal }) }
    return this.settled(this.client.request(request))
  }

  /** Reads `bytes` at least, and checks them. @returns the position behind them */
  async watch({ body }: ClientResponse, position: number, bytes: number): Promise<number> {
    const end = position + bytes
    let at = position
    while (at < end) {
      const piece = (await this.settled(body.read()))!
      expect([piece[0], piece.at(-1)]).toEqual([byteAt(at), byteAt(at + piece.length - 1)])
      at += piece.length
      this.read += piece.length
    }
    return at
  }

  /** Turns the clock until `wait` is over. */
  async settled<T>(wait: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    wait.then(over, over)
    expect(await this.clock.until(() => isOver, 60_000)).toBe(true)
    return wait
  }

  /** How long a small request takes, ms of the virtual clock. */
  async smallMs(): Promise<number> {
    const from = this.clock.now()
    const response = await this.settled(this.client.request({ path: '/subtitles' }))
    expect(await this.settled(response.text())).toBe('small')
    return this.clock.now() - from
  }

  async #play(exchange: Exchange): Promise<void> {
    if (exchange.request.path === '/subtitles') {
      exchange.respond({ headers: { 'content-length': 5 } })
      return exchange.end('small')
    }
    const start = Number(/^bytes=(\d+)-$/.exec(exchange.request.headers.get('range')!)![1])
    const headers = { 'content-range': `bytes ${start}-${FILM_BYTES - 1}/${FILM_BYTES}` }
    exchange.respond({ status: 206, headers })
    this.sending += 1
    try {
      for (let at = start; at < FILM_BYTES; at += CHUNK) {
        const piece = pieceOf(at, Math.min(CHUNK, FILM_BYTES - at))
        this.produced += piece.length
        await exchange.write(piece)
      }
    } finally {
      this.sending -= 1
    }
  }
}

/** What a session may hold that its readers did not take: docs/guides/media.md. */
function mostHeld(streams: number, limits: Limits): number {
  const { streamReceive, receiveLent, sessionReceive } = limits
  return Math.min(streams * streamReceive + receiveLent, sessionReceive)
}

describe('three hundred films, open and not read', () => {
  it('hold what the formula says and no more, on either side', async () => {
    const cinema = new Cinema()
    const limits = resolveLimits(LIMITS)
    const films = 300
    for (let i = 0; i < films; i++) await cinema.watch(await cinema.open(i * 1_000_000), i * 1_000_000, 1)
    await cinema.clock.advance(60_000)
    expect(cinema.sending).toBe(films)
    const { bytesReceived } = cinema.session.stats
    // Heads of frames and messages are part of what came.
    const heads = films * 1024
    expect(bytesReceived - cinema.read).toBeLessThanOrEqual(mostHeld(films, limits) + heads)
    expect(bytesReceived - cinema.read).toBeGreaterThan(films * 32_768)
    // And the server reads no more of its files than its queues take: a stream's own, and one piece beyond.
    const { bytesSent } = cinema.server.stats
    expect(cinema.produced - bytesSent).toBeLessThanOrEqual(limits.sessionSend + films * CHUNK)
    const { produced } = cinema
    await cinema.clock.advance(60_000)
    expect(cinema.produced).toBe(produced)
  })

  it('hold what a session may have where that is less', async () => {
    const limits = { ...LIMITS, sessionReceive: 4 * 1024 * 1024 }
    const cinema = new Cinema(limits)
    const open = Array.from({ length: 300 }, (_, i) =>
      cinema.client.request({ path: '/film', headers: { range: `bytes=${i}-` } }),
    )
    for (const film of open) film.catch(() => {})
    await cinema.clock.advance(10_000)
    expect(cinema.session.stats.bytesReceived).toBeLessThanOrEqual(
      mostHeld(300, resolveLimits(limits)) + 300 * 1024,
    )
    expect(cinema.session.stats.bytesReceived).toBeGreaterThan(3 * 1024 * 1024)
    cinema.session.destroy()
    await Promise.allSettled(open)
  })

  it('do not make anybody else wait: a small answer takes as long as on a session of its own', async () => {
    const alone = await new Cinema().smallMs()
    const cinema = new Cinema()
    for (let i = 0; i < 300; i++) await cinema.open(i * 1_000_000)
    await cinema.clock.advance(10_000)
    expect(alone).toBe(2 * LATENCY_MS)
    expect(await cinema.smallMs()).toBe(alone)
  })

  it('do not make a reader wait who keeps up: a film comes to it as it would alone', async () => {
    const minutes = async (cinema: Cinema) => {
      const film = await cinema.open(0)
      const from = cinema.clock.now()
      await cinema.watch(film, 0, 4_000_000)
      return cinema.clock.now() - from
    }
    const alone = await minutes(new Cinema())
    const cinema = new Cinema()
    for (let i = 1; i <= 300; i++) await cinema.open(i * 1_000_000)
    await cinema.clock.advance(10_000)
    expect(await minutes(cinema)).toBeLessThanOrEqual(alone)
  })
})

describe('readers of every speed', () => {
  it('each get their own bytes in order, and the slow ones hold up nobody', async () => {
    const cinema = new Cinema()
    const positions = Array.from({ length: 100 }, (_, i) => i * 1_000_000)
    const films = await Promise.all(positions.map((position) => cinema.open(position)))
    // The first reads all the time, the last hardly ever.
    for (let round = 1; round <= 100; round++) {
      for (const [i, film] of films.entries()) {
        if (round % (i + 1) === 0) positions[i] = await cinema.watch(film, positions[i]!, 1)
      }
    }
    expect(positions[0]! - 0).toBeGreaterThan(100 * 1024)
    expect(await cinema.smallMs()).toBe(2 * LATENCY_MS)
    for (const film of films) film.cancel()
    await cinema.clock.advance(1000)
    expect(cinema.sending).toBe(0)
  })
})

describe('AM-32 people who seek', () => {
  it('leave nothing behind: no stream, no timer, no handler, and not a byte of the windows', async () => {
    const cinema = new Cinema()
    await cinema.smallMs()
    await cinema.clock.advance(1000)
    const { pending } = cinema.clock
    const players: (ClientResponse | undefined)[] = Array.from({ length: 100 }, () => undefined)
    let seeks = 0
    while (seeks < 1000) {
      const i = cinema.chance.int(0, players.length - 1)
      players[i]?.cancel()
      const position = cinema.chance.int(0, 1_000_000_000)
      // Some seek again before the head is here.
      if (cinema.chance.int(0, 3) === 0) {
        const impatient = new AbortController()
        const film = cinema.client.request({
          path: '/film',
          headers: { range: `bytes=${position}-` },
          signal: impatient.signal,
        })
        film.catch(() => {})
        if (cinema.chance.int(0, 1) === 0) await cinema.clock.advance(cinema.chance.int(0, 2 * LATENCY_MS))
        impatient.abort()
        await Promise.allSettled([film])
        players[i] = undefined
      } else {
        players[i] = await cinema.open(position)
        if (cinema.chance.int(0, 1) === 0)
          await cinema.watch(players[i], position, cinema.chance.int(1, 200_000))
      }
      seeks += 1
      if (seeks % 100 === 0) expect(await cinema.smallMs()).toBe(2 * LATENCY_MS)
    }
    for (const player of players) player?.cancel()
    await cinema.clock.advance(5000)
    expect([cinema.session.streamCount, cinema.server.streamCount, cinema.sending]).toEqual([0, 0, 0])
    expect(cinema.clock.pending).toBeLessThanOrEqual(pending)
    // More than all windows together hold: had one kept a byte for each seek, this would stop.
    await cinema.watch(await cinema.open(0), 0, 40_000_000)
  })
})
