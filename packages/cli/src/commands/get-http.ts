/** `plexus get URL…` for what is HTTP: one request for each URL, one connection for each server. */
import { open, stat } from 'node:fs/promises'
import type { Io } from '../console/io.js'
import { Progress } from '../console/progress.js'
import { Shutdown } from '../console/shutdown.js'
import { forEachOf } from '../files/each.js'
import { readText } from '../files/read-text.js'
import { dial } from '../http/dial.js'
import { type FetchingOptions, fetchTo, StatusError } from '../http/fetching.js'
import { outputFor } from '../http/output.js'
import type { AskingBody, DialOptions, Fields, HttpPeer } from '../http/peer.js'
import { type HttpTarget, parseHttpTarget } from '../http/target.js'
import { FAILURE, HTTP_FAILURE, SUCCESS } from './command.js'

export interface GetHttpOptions {
  readonly output?: string
  readonly header: [string, string][]
  readonly request?: string
  readonly data?: string
  readonly insecure?: true
  readonly cacert?: string
  readonly location?: true
  readonly include?: true
  readonly verbose?: true
  readonly fail?: true
  readonly concurrency: number
  readonly json?: true
}

export async function getHttp(urls: readonly string[], options: GetHttpOptions, io: Io): Promise<number> {
  const targets = urls.map(parseHttpTarget)
  const output = await outputFor(options.output, targets)
  const body = await bodyOf(options.data)
  const ca = options.cacert === undefined ? undefined : await readText(options.cacert)
  using shutdown = new Shutdown(io)
  const isStdout = options.output === undefined || options.output === '-'
  // A line that is drawn anew has no place between the bytes of an answer.
  using progress = new Progress(isStdout ? { progress: undefined } : io)
  const startedAt = performance.now()
  const seconds = () => (performance.now() - startedAt) / 1000
  const dump = (line: string) => io.note(line)
  const peers = new Peers({
    insecure: options.insecure === true,
    ca,
    signal: shutdown.drain,
    dump: options.verbose && dump,
    seconds,
  })
  const fetching: FetchingOptions = {
    ask: async (asking) => (await peers.to(asking.target)).ask(asking),
    follows: options.location === true,
    output,
    sink: {
      bytes: (chunk) => io.bytes(chunk),
      line: (text) => (options.json ? io.note(text) : io.out(text)),
    },
    withHead: options.include === true,
    fails: options.fail === true,
    onBytes: (bytes) => progress.bytes(bytes),
  }
  const method = options.request ?? (body === undefined ? 'GET' : 'POST')
  const headers = headersOf(options.header, body)
  let [files, bytes, failed, refused] = [0, 0, 0, 0]

  const one = async (target: HttpTarget) => {
    try {
      const fetched = await fetchTo({ target, method, headers, body, signal: shutdown.now }, fetching)
      files += 1
      bytes += fetched.bytes
      progress.file()
      if (options.json) io.out(JSON.stringify(fetched))
    } catch (error) {
      failed += 1
      if (error instanceof StatusError) refused += 1
      const { message } = error instanceof Error ? error : new Error(String(error))
      progress.clear()
      io.note(`failed: ${target.text}: ${message}`)
      if (options.json) io.out(JSON.stringify({ url: target.text, error: message }))
    }
  }
  // To stdout they go one after the other, as they were asked for.
  await forEachOf(until(shutdown.drain, targets), isStdout ? 1 : options.concurrency, one)
  await peers.close(shutdown.now)
  progress.end()
  const ok = failed === 0 && files === targets.length
  if (options.json) io.out(JSON.stringify({ ok, files, bytes, failed, seconds: round(seconds()) }))
  if (files + failed < targets.length) io.note('interrupted: not all was asked for')
  if (shutdown.now.aborted) return Shutdown.CUT_OFF
  if (ok) return SUCCESS
  return refused > 0 && refused === failed ? HTTP_FAILURE : FAILURE
}

/** One connection to each server, made when it is first asked. */
class Peers {
  readonly #options: DialOptions
  readonly #peers = new Map<string, Promise<HttpPeer>>()

  constructor(options: DialOptions) {
    this.#options = options
  }

  to(target: HttpTarget): Promise<HttpPeer> {
    let peer = this.#peers.get(target.key)
    if (peer === undefined) {
      peer = dial(target, this.#options)
      this.#peers.set(target.key, peer)
    }
    return peer
  }

  async close(now: AbortSignal): Promise<void> {
    const close = (peer: HttpPeer) => peer.close(now)
    await Promise.all([...this.#peers.values()].map((peer) => peer.then(close, () => {})))
  }
}

/** What `-d` says: the text itself, or `@` and the name of a file, `-` for stdin. */
async function bodyOf(data: string | undefined): Promise<AskingBody | undefined> {
  if (data === undefined) return undefined
  if (!data.startsWith('@')) {
    const bytes = Buffer.from(data)
    return {
      length: bytes.length,
      async *open() {
        yield bytes
      },
    }
  }
  const name = data.slice(1)
  if (name === '-') return { length: undefined, isOnce: true, open: () => process.stdin }
  const { size } = await stat(name)
  return {
    length: size,
    async *open() {
      await using file = await open(name)
      if (size > 0) yield* file.createReadStream({ start: 0, end: size - 1, autoClose: false })
    },
  }
}

function headersOf(given: Fields, body: AskingBody | undefined): Fields {
  const has = (wanted: string) => given.some(([name]) => name.toLowerCase() === wanted)
  const more: [string, string][] = []
  if (!has('accept')) more.push(['accept', '*/*'])
  if (!has('user-agent')) more.push(['user-agent', 'plexus'])
  if (body !== undefined && !has('content-type'))
    more.push(['content-type', 'application/x-www-form-urlencoded'])
  return [...more, ...given]
}

async function* until<T>(signal: AbortSignal, items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    if (signal.aborted) return
    yield item
  }
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000
