import type { HeaderFields } from 'plexus'
import { parseTreePath, queryOf, type TreePath } from './tree-path.js'

/** What a stream asks for. */
export interface FileRequest {
  readonly method: 'GET' | 'HEAD'
  readonly path: TreePath
  /** The list of what is below `path`, not a file. */
  readonly wantsManifest: boolean
  /** The SHA-256 of the content is to follow it. */
  readonly wantsSha256: boolean
}

/** Why a stream cannot be served: what `:status` says. */
export interface Refusal {
  readonly status: string
}

/** Header of a request that asks for {@link SHA256} in the trailers. */
export const WANT_SHA256 = 'x-want-sha256'

/** Trailer: SHA-256 of the content as it was sent, in hex. */
export const SHA256 = 'x-sha256'

/**
 * Reads the opening headers. SPDY/3.1 §3.2.1: a request without one of the five is answered with 400, and nothing else
 * comes of it (DM-13).
 *
 * @param strict all five are required; without it, as moby/spdystream's streams have it, `:path` is enough
 */
export function readRequest(headers: HeaderFields, strict: boolean): FileRequest | Refusal {
  for (const [name, form] of REQUIRED) {
    const values = headers.getAll(name)
    if (values.length === 0 && !strict && name !== ':path') continue
    if (values.length !== 1 || !form.test(values[0]!)) return { status: '400 Bad Request' }
  }
  const method = headers.get(':method') ?? 'GET'
  const target = headers.get(':path')!
  const path = parseTreePath(target)
  if (path === undefined) return { status: '400 Bad Request' }
  if (method !== 'GET' && method !== 'HEAD') return { status: '405 Method Not Allowed' }
  const wantsManifest = queryOf(target) === 'tree'
  return { method, path, wantsManifest, wantsSha256: headers.get(WANT_SHA256) === '1' }
}

const REQUIRED: readonly (readonly [name: string, form: RegExp])[] = [
  [':method', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/],
  [':path', /^\/[\x21-\x7e]*$/],
  [':version', /^HTTP\/1\.[01]$/],
  [':host', /^[\w.~%!$&'()*+,;=[\]:-]+$/],
  [':scheme', /^https?$/],
]
