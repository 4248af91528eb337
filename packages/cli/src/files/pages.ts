/** The pages that a directory's server writes itself: a list of what is in a directory, and what went wrong. */
import { STATUS_CODES } from 'node:http'
import type { TreeEntry } from './tree.js'
import { formatTreePath, type TreePath } from './tree-path.js'

/** Nothing on our pages runs or is loaded; only their own style is. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** A page with every entry of the directory at `path`, directories first. */
export function listingPage(path: TreePath, entries: readonly TreeEntry[], more: number): string {
  const title = escapeHtml(`/${path.map((name) => `${name}/`).join('')}`)
  const rows = [...entries.filter(({ isDirectory }) => isDirectory), ...entries.filter((e) => !e.isDirectory)]
  const up = path.length === 0 ? '' : '<tr><td><a href="../">../</a><td><td>\n'
  const rest = more === 0 ? '' : `<p>and ${more} more</p>\n`
  return page(title, `<h1>${title}</h1>\n<table>\n${up}${rows.map(rowOf).join('')}</table>\n${rest}`)
}

/** A page that says what became of a request. */
export function statusPage(status: number): string {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  return page(title, `<h1>${title}</h1>\n`)
}

/** A page that sends a browser on. */
export function movedPage(status: number, location: string): string {
  const title = `${status} ${STATUS_CODES[status]}`
  const place = escapeHtml(location)
  return page(title, `<h1>${title}</h1>\n<p>It is at <a href="${place}">${place}</a>.</p>\n`)
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function rowOf({ name, isDirectory, bytes, modified }: TreeEntry): string {
  const mark = isDirectory ? '/' : ''
  // From `.`, so that no name can be read as a scheme.
  const link = `.${formatTreePath([name])}${mark}`
  const size = isDirectory ? '' : sizeText(bytes)
  const time = modified.toISOString().slice(0, 16).replace('T', ' ')
  return `<tr><td><a href="${escapeHtml(link)}">${escapeHtml(name)}${mark}</a><td>${size}<td>${time}\n`
}

/** In three digits or so. */
function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0]
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1
  return `${size.toFixed(digits)} ${UNITS[unit]}`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse }
td { padding: .2rem 0; overflow-wrap: anywhere }
td + td { padding-left: 1.5rem; text-align: right; white-space: nowrap; opacity: .7; font-variant-numeric: tabular-nums }
tr + tr td { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent) }
a { text-decoration: none }
a:hover { text-decoration: underline }
</style>
${body}</html>
`
}
