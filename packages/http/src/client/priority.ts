/** How urgent is a request, if nobody says? */
import type { Priority } from '@plexus/contract'

/** File endings by what they are; RFC words where there are any. The draft wants images last (SPDY/3.1 §2.3.3). */
const BY_KIND: readonly (readonly [priority: Priority, endings: string])[] = [
  [0, 'html htm xhtml shtml'],
  [1, 'css js mjs cjs wasm map'],
  [2, 'woff woff2 ttf otf eot'],
  [3, 'json jsonl ndjson geojson xml rss atom csv tsv txt md yaml yml proto m3u8 mpd vtt'],
  [5, 'mp4 m4v m4a m4s mp3 aac ogg oga ogv opus webm mkv mov avi flac wav ts mpg mpeg'],
  [6, 'zip gz tgz bz2 xz zst 7z rar tar iso img dmg pkg exe msi deb rpm apk bin jar whl'],
  [7, 'png apng jpg jpeg gif webp avif svg ico bmp tif tiff heic jxl'],
]

const BY_ENDING: ReadonlyMap<string, Priority> = new Map(
  BY_KIND.flatMap(([priority, endings]) => endings.split(' ').map((ending) => [ending, priority] as const)),
)

/**
 * The priority of a request for `url` (an URL, or a path with or without query), by its path alone:
 *
 * | priority | what | how it is known |
 * | --- | --- | --- |
 * | 0 | document | `/`, a path that ends in `/`, `.html` … |
 * | 1 | style, script | `.css`, `.js`, `.wasm` … |
 * | 2 | font | `.woff2`, `.ttf` … |
 * | 3 | data | `.json`, `.xml`, `.csv` …, or `api`, `graphql` as a part of the path |
 * | 4 | anything else | |
 * | 5 | audio, video | `.mp4`, `.mp3`, `.m4s` … |
 * | 6 | download | `.zip`, `.tar`, `.iso` … |
 * | 7 | image | `.png`, `.jpg`, `.svg` … |
 *
 * An ending goes before a part of the path: `/api/logo.png` is an image. 0 is the most urgent.
 */
export function priorityFor(url: string | URL): Priority {
  const path = typeof url === 'string' ? pathOf(url) : url.pathname
  if (path === '' || path.endsWith('/')) return 0
  const last = path.slice(path.lastIndexOf('/') + 1)
  const dot = last.lastIndexOf('.')
  const kind = dot < 0 ? undefined : BY_ENDING.get(last.slice(dot + 1).toLowerCase())
  return kind ?? (/\/(?:api|graphql)(?:\/|$)/.test(path) ? 3 : 4)
}

/** Of an absolute URL or a path: the path, without query and fragment. */
function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  const bare = end < 0 ? url : url.slice(0, end)
  if (bare.startsWith('/')) return bare
  const [, path = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(.*)$/i.exec(bare) ?? [bare, bare]
  return path
}
