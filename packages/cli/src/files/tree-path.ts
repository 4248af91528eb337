/** A path inside a tree, as its segments: none is empty, `.`, `..`, or holds a separator or NUL. */
export type TreePath = readonly string[]

/**
 * Reads the path of a request, as it stands in `:path`: it begins with `/`, each segment is percent-encoded, and what
 * follows a `?` is not part of it. Empty segments are passed over.
 *
 * @returns undefined for everything that could lead elsewhere or is not well formed. What links on the disk lead to is
 * the question of `resolveInside`.
 */
export function parseTreePath(text: string): TreePath | undefined {
  if (!text.startsWith('/')) return undefined
  const segments: string[] = []
  for (const encoded of withoutQuery(text).split('/')) {
    if (encoded === '') continue
    const segment = decode(encoded)
    if (segment === undefined || !isPlainName(segment)) return undefined
    segments.push(segment)
  }
  return segments
}

/** The path for `:path`, percent-encoded. */
export function formatTreePath(path: TreePath): string {
  return `/${path.map(encodeURIComponent).join('/')}`
}

/** What follows the `?` of a `:path`; empty if there is none. */
export function queryOf(text: string): string {
  return text.slice(withoutQuery(text).length + 1)
}

function withoutQuery(text: string): string {
  const mark = text.indexOf('?')
  return mark < 0 ? text : text.slice(0, mark)
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** A name that stays in its directory on every system we run on. */
export function isPlainName(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/\\\0]/.test(name)
}
