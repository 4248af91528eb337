import { createHash } from 'node:crypto'
import { HeaderFields, isRetryable, type MuxSession, type MuxStream, type PlexusError } from 'plexus'
import { type ManifestEnd, readManifest } from './manifest.js'
import { SHA256, WANT_SHA256 } from './request.js'
import type { Target } from './target.js'
import type { TreeFile } from './tree.js'
import { formatTreePath, type TreePath } from './tree-path.js'

/** What came of a file. */
export interface Fetched {
  readonly path: string
  readonly bytes: number
  /** Hex; what the server says it is, too, where that was asked for. */
  readonly sha256: string | undefined
}

export interface FetchOptions {
  readonly session: MuxSession
  readonly target: Target
  /** For `:host`. */
  readonly host: string
  /** Hash what comes and compare it with what the server says it sent. */
  readonly sha256: boolean
  /** Bytes as they come, for whoever draws progress. */
  readonly onBytes?: (bytes: number) => void
}

/**
 * Fetches one file on a stream of its own, and keeps it only if it is whole.
 *
 * @throws PlexusError for what became of the stream, Error for what became of the file
 */
export async function fetchFile(path: TreePath, options: FetchOptions): Promise<Fetched> {
  const name = formatTreePath(path)
  const { stream, reply } = await request(name, options, options.sha256 ? { [WANT_SHA256]: '1' } : {})
  await using _ = stream
  await using draft = await options.target.draft(path)
  const hash = options.sha256 ? createHash('sha256') : undefined
  const promised = lengthOf(reply)
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    // Who sends more than it promised may never end.
    if (bytes > promised) break
    hash?.update(chunk)
    options.onBytes?.(chunk.length)
    await draft.write(chunk)
  }
  if (bytes !== promised) throw new Error(`expected ${promised} bytes of ${name}, got ${bytes}`)
  const sha256 = hash?.digest('hex')
  if (sha256 !== undefined) same(sha256, await trailer(stream, SHA256), name)
  await draft.keep()
  return { path: name, bytes, sha256 }
}

/** The files at and below `path`, as the server lists them. */
export async function* fetchManifest(
  path: TreePath,
  options: FetchOptions,
): AsyncGenerator<TreeFile, ManifestEnd> {
  const { stream } = await request(`${formatTreePath(path)}?tree`, options, {})
  await using _ = stream
  return yield* readManifest(stream)
}

/** Asks until the server takes the stream: one that it refused was surely not processed. */
async function request(
  path: string,
  options: FetchOptions,
  more: Record<string, string>,
): Promise<{ stream: MuxStream; reply: HeaderFields }> {
  const headers = HeaderFields.from({
    ':method': 'GET',
    ':path': path,
    ':version': 'HTTP/1.1',
    ':host': options.host,
    ':scheme': 'http',
    ...more,
  })
  for (let tries = 1; ; tries++) {
    try {
      const stream = await options.session.open({ headers, end: true })
      const reply = await stream.replied
      const status = reply.get(':status') ?? 'no status'
      if (status.startsWith('200')) return { stream, reply }
      stream.reset()
      throw new Error(`${path}: ${status}`)
    } catch (error) {
      if (!isRefused(error) || tries === MAX_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, tries * RETRY_MS))
    }
  }
}

/** The stream alone was turned down, not the session. */
function isRefused(error: unknown): boolean {
  return isRetryable(error) && (error as PlexusError).scope === 'stream'
}

function lengthOf(reply: HeaderFields): number {
  const text = reply.get('content-length') ?? 'none'
  if (!/^\d{1,15}$/.test(text)) throw new Error(`expected a content-length, got ${text}`)
  return Number(text)
}

async function trailer(stream: MuxStream, name: string): Promise<string | undefined> {
  for (;;) {
    const headers = await stream.readHeaders()
    if (headers === undefined) return undefined
    const value = headers.get(name)
    if (value !== undefined) return value
  }
}

function same(got: string, promised: string | undefined, name: string): void {
  if (got !== promised) {
    throw new Error(`expected SHA-256 ${promised ?? 'in the trailers'} of ${name}, got ${got}`)
  }
}

const MAX_TRIES = 5
const RETRY_MS = 50
