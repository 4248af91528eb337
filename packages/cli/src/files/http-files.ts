/** A directory over HTTP: what becomes of a request for a path in it, by any server that has Node's request and response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import send from 'send'
import { MANIFEST_TYPE, writeManifest } from './manifest.js'
import type { OpenFile } from './open-file.js'
import { listingPage, movedPage, PAGE_POLICY, statusPage } from './pages.js'
import type { Tree } from './tree.js'
import { formatTreePath, parseTreePath, queryOf, type TreePath } from './tree-path.js'
import { etagOf, passesIfMatch, passesIfRange } from './versions.js'

/** Files that readers of an HTTP server may have open at once: a paused film holds one. */
export const MAX_HTTP_FILES = 1024

/** Names on one listing page. */
const MAX_LISTED = 10_000

export interface HttpFilesOptions {
  /** What only the one who serves should know of a failure; the client got 500, 503 or a broken answer. */
  readonly onError?: (error: unknown, request: IncomingMessage) => void
  /** How long a request may wait for a file while too many are open, before it gets 503; ms. Default 10,000. */
  readonly waitMs?: number
}

/** Settles when the answer is out, or nobody wants it any more. */
export type HttpFiles = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * Answers GET and HEAD with the files of `tree`: content types, ranges, ETag and Last-Modified with the conditions that
 * go with them (RFC 9110 §13, §14). A directory is answered with its `index.html`, or else with a list; `?tree` with the
 * manifest of all below. Nothing outside of the tree is served, links included.
 */
export function httpFiles(tree: Tree, options: HttpFilesOptions = {}): HttpFiles {
  const { waitMs = 10_000 } = options
  return async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const waiting = AbortSignal.any([gone.signal, AbortSignal.timeout(waitMs)])
    try {
      await answer(tree, request, response, waiting)
    } catch (error) {
      const { code = '', name } = error as NodeJS.ErrnoException
      if (gone.signal.aborted && (name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE')) return
      const isFull = name === 'TimeoutError' || FULL.has(code)
      if (response.headersSent) response.destroy()
      else refuse(request, response, isFull ? 503 : 500, isFull ? { 'Retry-After': '1' } : {})
      options.onError?.(error, request)
    }
  }
}

const FULL = new Set(['EMFILE', 'ENFILE'])

async function answer(
  tree: Tree,
  request: IncomingMessage,
  response: ServerResponse,
  waiting: AbortSignal,
): Promise<void> {
  const { method, url = '' } = request
  const path = parseTreePath(url)
  if (path === undefined) return refuse(request, response, 400)
  if (method !== 'GET' && method !== 'HEAD') return refuse(request, response, 405, { Allow: 'GET, HEAD' })
  if (queryOf(url) === 'tree') return sendManifest(tree, path, request, response)
  const isDirectory = /\/$/.test(url.slice(0, url.length - queryLength(url)))
  if (isDirectory) return sendDirectory(tree, path, request, response, waiting)
  await using file = await tree.open(path, waiting)
  if (file !== undefined) return await sendFile(file, path, request, response)
  if (!(await tree.hasDirectory(path))) return refuse(request, response, 404)
  // Only from the root on, and with one slash: it leads nowhere else.
  const query = url.slice(url.length - queryLength(url))
  const location = `${formatTreePath(path)}/${query}`.replace(/^\/+/, '/')
  sendPage(request, response, 301, movedPage(301, location), { Location: location })
}

/** Of the `?` and all behind it. */
function queryLength(url: string): number {
  const mark = url.indexOf('?')
  return mark < 0 ? 0 : url.length - mark
}

async function sendDirectory(
  tree: Tree,
  path: TreePath,
  request: IncomingMessage,
  response: ServerResponse,
  waiting: AbortSignal,
): Promise<void> {
  const index = [...path, 'index.html']
  await using file = await tree.open(index, waiting)
  if (file !== undefined) return await sendFile(file, index, request, response)
  const listed = await tree.entries(path, MAX_LISTED)
  if (listed === undefined) return refuse(request, response, 404)
  sendPage(request, response, 200, listingPage(path, listed.entries, listed.more), {
    'Cache-Control': 'no-cache',
  })
}

/** The head is `send`'s work; the bytes are ours, from the file that was found inside. */
function sendFile(
  file: OpenFile,
  path: TreePath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  wholeSuffix(request, file.size)
  const { headers } = request
  const etag = etagOf(file.stats, Date.now())
  if (!passesIfMatch(headers, etag)) {
    refuse(request, response, 412)
    return Promise.resolve()
  }
  if (!passesIfRange(headers, etag, file.stats)) delete headers.range
  response.setHeader('ETag', etag)
  const sender = send(request, '/', { index: false })
  let body: Promise<void> = Promise.resolve()
  sender.sendFile = () => sender.send(path.at(-1)!, file.stats)
  sender.stream = (_, { start = 0 }: { start?: number } = {}) => {
    file.only(start, Number(response.getHeader('content-length')))
    body = pipeline(file, response)
  }
  sender.on('error', ({ status }: { status: number }) => {
    const range = response.getHeader('content-range')
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    refuse(request, response, status, range === undefined ? {} : { 'Content-Range': String(range) })
  })
  response.setHeader('X-Content-Type-Options', 'nosniff')
  sender.pipe(response)
  return body
}

/** RFC 9110 §14.1.2: a suffix longer than the file is all of it; `send` would find nothing there. */
function wholeSuffix({ headers }: IncomingMessage, size: number): void {
  const [, length] = /^bytes=-([0-9]+)$/.exec(headers.range ?? '') ?? []
  if (length !== undefined && size > 0 && Number(length) > size) headers.range = `bytes=-${size}`
}

async function sendManifest(
  tree: Tree,
  path: TreePath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let leftOut = 0
  const files = await tree.list(path, () => leftOut++)
  if (files === undefined) return refuse(request, response, 404)
  response.writeHead(200, { 'Content-Type': MANIFEST_TYPE, 'Cache-Control': 'no-cache' })
  if (request.method === 'HEAD') response.end()
  else
    await pipeline(
      writeManifest(files, () => leftOut),
      response,
    )
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
): void {
  sendPage(request, response, status, statusPage(status), headers)
}

function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  page: string,
  headers: Record<string, string>,
): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(page),
    'Content-Security-Policy': PAGE_POLICY,
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : page)
}
