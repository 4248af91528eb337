// Every link from page to page leads somewhere, headings included. Run it alone: node scripts/check-links.mjs
import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { files, isMain, ROOT, read } from './workspace.mjs'

const LINK = /(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g

/** @returns {string[]} one line for each link that leads nowhere */
export function checkLinks() {
  return files()
    .filter((path) => path.endsWith('.md'))
    .flatMap((page) => [...prose(page).matchAll(LINK)].map(([, link]) => ({ page, link })))
    .filter(({ link }) => !/^[a-z]+:/.test(link))
    .filter(({ page, link }) => !leadsSomewhere(page, link))
    .map(({ page, link }) => `${page}: ${link} leads nowhere`)
}

function leadsSomewhere(page, link) {
  const [to, heading] = link.split('#')
  const path = to === '' ? page : posix.join(dirname(page), to)
  if (!existsSync(join(ROOT, path))) return false
  return heading === undefined || anchors(path).includes(heading)
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
