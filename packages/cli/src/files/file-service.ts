import { createHash } from 'node:crypto'
import type { MuxStream, StreamHandler } from 'plexus'
import { MANIFEST_TYPE, writeManifest } from './manifest.js'
import { type FileRequest, readRequest, SHA256 } from './request.js'
import type { Tree } from './tree.js'

export interface FileServiceOptions {
  /** A stream was answered, with this status. */
  readonly onAnswered?: (path: string, status: string) => void
  /** See `readRequest`. */
  readonly strict: boolean
}

/** Answers each stream with the file it asks for. Bytes are read as the peer takes them. */
export function fileService(tree: Tree, options: FileServiceOptions): StreamHandler {
  return async (stream) => {
    const request = readRequest(stream.headers, options.strict)
    const status = 'status' in request ? refuse(stream, request.status) : await answer(stream, request, tree)
    options.onAnswered?.(stream.headers.get(':path') ?? '', status)
  }
}

function answer(stream: MuxStream, request: FileRequest, tree: Tree): Promise<string> {
  return request.wantsManifest ? sendManifest(stream, request, tree) : sendFile(stream, request, tree)
}

async function sendFile(stream: MuxStream, request: FileRequest, tree: Tree): Promise<string> {
  await using file = await tree.open(request.path)
  if (file === undefined) return refuse(stream, '404 Not Found')
  const hash = request.wantsSha256 ? createHash('sha256') : undefined
  const isBare = request.method === 'HEAD'
  const end = isBare || (file.size === 0 && hash === undefined)
  stream.reply(replyHeaders({ 'content-length': file.size }), { end })
  if (isBare) return OK
  let left = file.size
  for (let chunk = await file.read(); chunk !== undefined; chunk = await file.read()) {
    left -= chunk.length
    hash?.update(chunk)
    await stream.write(chunk, { end: left === 0 && hash === undefined })
  }
  if (hash !== undefined) stream.writeHeaders({ [SHA256]: hash.digest('hex') }, { end: true })
  return OK
}

async function sendManifest(stream: MuxStream, request: FileRequest, tree: Tree): Promise<string> {
  let leftOut = 0
  const files = await tree.list(request.path, () => leftOut++)
  if (files === undefined) return refuse(stream, '404 Not Found')
  const isBare = request.method === 'HEAD'
  stream.reply(replyHeaders({ 'content-type': MANIFEST_TYPE }), { end: isBare })
  if (isBare) return OK
  for await (const piece of writeManifest(files, () => leftOut)) await stream.write(piece)
  await stream.close()
  return OK
}

function refuse(stream: MuxStream, status: string): string {
  stream.reply({ ':status': status, ':version': 'HTTP/1.1', 'content-length': 0 }, { end: true })
  return status
}

function replyHeaders(more: Record<string, string | number>): Record<string, string | number> {
  return { ':status': OK, ':version': 'HTTP/1.1', ...more }
}

const OK = '200 OK'
