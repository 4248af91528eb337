import type { TreeFile } from './tree.js'
import { formatTreePath, parseTreePath, type TreePath } from './tree-path.js'

/*
 * How a client learns what there is: `GET /dir?tree` is answered with one JSON object a line,
 *
 *   {"path":"/dir/a%20b.txt","bytes":12}     for each regular file, its path as it is asked for
 *   {"files":1,"bytes":12,"leftOut":0}       at last: so a list that was cut short is noticed
 */

export const MANIFEST_TYPE = 'application/x-ndjson'

/** The last line: what was listed, and how many links and the like were not. */
export interface ManifestEnd {
  readonly files: number
  readonly bytes: number
  readonly leftOut: number
}

/** A line longer than this many characters is no manifest of ours. */
const MAX_LINE = 64 * 1024

/** Lines are handed on in pieces of about this many characters. */
const PIECE = 16 * 1024

/** Writes a manifest. @param leftOut asked at the end */
export async function* writeManifest(
  files: AsyncIterable<TreeFile>,
  leftOut: () => number,
): AsyncGenerator<string> {
  let count = 0
  let sum = 0
  let piece = ''
  for await (const { path, bytes } of files) {
    count += 1
    sum += bytes
    piece += `${JSON.stringify({ path: formatTreePath(path), bytes })}\n`
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  const end: ManifestEnd = { files: count, bytes: sum, leftOut: leftOut() }
  yield `${piece}${JSON.stringify(end)}\n`
}

/**
 * Reads a manifest that somebody else wrote: every path in it is checked.
 *
 * @returns (as the generator's value) the last line
 * @throws Error that says what was expected, for what is no manifest or only the start of one
 */
export async function* readManifest(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<TreeFile, ManifestEnd> {
  let files = 0
  for await (const line of linesOf(chunks)) {
    const entry = parseLine(line)
    if ('leftOut' in entry) {
      if (entry.files !== files) throw new Error(`expected a list of ${entry.files} files, got ${files}`)
      return entry
    }
    files += 1
    yield entry
  }
  throw new Error(`expected a list that says when it ends, it stops after ${files} files`)
}

function parseLine(line: string): TreeFile | ManifestEnd {
  const value = parseJson(line)
  const { bytes, files, leftOut } = value
  const path = typeof value.path === 'string' ? parseTreePath(value.path) : undefined
  if (isCount(bytes) && isPath(path)) return { path, bytes }
  if (isCount(bytes) && isCount(files) && isCount(leftOut)) return { files, bytes, leftOut }
  throw new Error(`expected a file or the end of a list, got ${line.slice(0, 200)}`)
}

function parseJson(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>
  } catch {
    throw new Error(`expected JSON, got ${line.slice(0, 200)}`)
  }
}

function isPath(path: TreePath | undefined): path is TreePath {
  return path !== undefined && path.length > 0
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_LINE) throw new Error(`expected lines of at most ${MAX_LINE} characters`)
    yield* lines
  }
  if (rest !== '') yield rest
}
