// Every link from page to page leads somewhere, headings included, and every page in docs is led to. Run it alone:
// node scripts/check-links.mjs
import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { files, isMain, ROOT, read } from './workspace.mjs'

const LINK = /(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g

/** @returns {string[]} one line for each link that leads nowhere, and for each page that no link leads to */
export function checkLinks() {
  const pages = files().filter((path) => path.endsWith('.md'))
  const links = pages
    .flatMap((page) => [...prose(page).matchAll(LINK)].map(([, link]) => ({ page, link })))
    .filter(({ link }) => !/^[a-z]+:/.test(link))
  const dead = links.filter(({ page, link }) => !leadsSomewhere(page, link))
  const found = new Set(links.map(({ page, link }) => targetOf(page, link)))
  const lost = pages.filter((page) => page.startsWith('docs/') && !found.has(page))
  return [
    ...dead.map(({ page, link }) => `${page}: ${link} leads nowhere`),
    ...lost.map((page) => `${page}: no page leads here`),
  ]
}

function leadsSomewhere(page, link) {
  const heading = link.split('#')[1]
  const path = targetOf(page, link)
  if (!existsSync(join(ROOT, path))) return false
  return heading === undefined || anchors(path).includes(heading)
}

function targetOf(page, link) {
  const [to] = link.split('#')
  return to === '' ? page : posix.join(dirname(page), to)
}

/** As GitHub makes them. */
function anchors(path) {
  return [...prose(path).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** A page without its code. */
const prose = (path) => read(path).replace(/^```[\s\S]*?^```/gm, '')

if (isMain(import.meta.url)) {
  const problems = checkLinks()
  process.stdout.write(problems.map((line) => `${line}\n`).join(''))
  process.exitCode = problems.length === 0 ? 0 : 1
}
