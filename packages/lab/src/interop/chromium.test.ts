import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type Browser, chromium } from 'playwright-core'

/* A browser that knows nothing of us loads a site: HTTP/1.1 to the proxy, SPDY from there to the server. */

jest.setTimeout(60_000)

const BROWSER = '/usr/bin/chromium'
const COMMAND = join(__dirname, '..', '..', '..', 'cli', 'bin', 'plexus.mjs')
const isBuilt = existsSync(join(dirname(COMMAND), '..', 'dist', 'index.js'))
const why = !existsSync(BROWSER)
  ? ` (skipped: there is no ${BROWSER})`
  : isBuilt
    ? ''
    : ' (skipped: the command is not built; npm run build does it)'
const itCan = why === '' ? it : it.skip

const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]

const IMAGES = 30

const SITE: Record<string, string> = {
  'index.html': `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>site</title>
<link rel="icon" href="img/0.svg"><link rel="stylesheet" href="style.css"><script type="module" src="main.js"></script>
<h1>waiting</h1>${Array.from({ length: IMAGES }, (_, i) => `<img src="img/${i}.svg" alt="">`).join('')}`,
  'style.css': 'body { background: rgb(1, 2, 3); color: white } img { margin: 4px }',
  'main.js': `import { word } from './lib/word.js'
document.querySelector('h1').textContent = word + ' ' + (await (await fetch('data.json')).json()).join()`,
  'lib/word.js': `export const word = 'loaded'`,
  'data.json': '[1,2,3]',
  ...Object.fromEntries(Array.from({ length: IMAGES }, (_, i) => [`img/${i}.svg`, imageOf(i)])),
}

function imageOf(i: number): string {
  const size = 20 + i
  const fill = `hsl(${i * 12} 80% 50%)`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="100%" height="100%" fill="${fill}"/></svg>`
}

interface Running {
  readonly process: ChildProcess
  /** Lines of stdout, each read as JSON. */
  readonly said: Record<string, unknown>[]
  readonly url: string
}

async function start(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [COMMAND, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const lines = createInterface(child.stdout)
  const said: Record<string, unknown>[] = []
  lines.on('line', (line) => said.push(JSON.parse(line)))
  await once(lines, 'line')
  return { process: child, said, url: String(said[0]!.url) }
}

async function stop({ process: child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGTERM')
  child.kill('SIGTERM')
  await ended
}

describe('a page in Chromium', () => {
  let folder: string
  let browser: Browser | undefined
  let running: Running[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plexus-test-'))
    running = []
    for (const [name, text] of Object.entries(SITE)) {
      await mkdir(dirname(join(folder, 'site', name)), { recursive: true })
      await writeFile(join(folder, 'site', name), text)
    }
  })

  afterEach(async () => {
    await browser?.close()
    for (const one of running.reverse()) await stop(one)
    await rm(folder, { recursive: true })
  })

  async function run(...args: string[]): Promise<Running> {
    const one = await start(...args)
    running.push(one)
    return one
  }

  itCan.each(['spdy+tcp', 'https'])(
    `loads through plexus proxy, HTTP/1.1 in and %s:// out, with all that belongs to it${why}`,
    async (scheme) => {
      const origin = await run('serve', join(folder, 'site'), '--listen', `${scheme}://127.0.0.1:0`)
      const proxy = await run('proxy', '--listen', 'http://127.0.0.1:0', '--to', origin.url, '-k')
      browser = await chromium.launch({ executablePath: BROWSER, args: ARGS })
      const page = await browser.newPage()
      const failures: string[] = []
      const statuses: number[] = []
      page.on('requestfailed', (request) =>
        failures.push(`${request.url()}: ${request.failure()?.errorText}`),
      )
      page.on('pageerror', (error) => failures.push(error.message))
      page.on('response', (response) => statuses.push(response.status()))
      await page.goto(`${proxy.url}/`, { waitUntil: 'load' })
      await page.getByText('loaded 1,2,3').waitFor()
      expect(await page.evaluate('[...document.images].map((image) => image.naturalWidth)')).toEqual(
        Array.from({ length: IMAGES }, (_, i) => 20 + i),
      )
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(1, 2, 3)')
      expect(failures).toEqual([])
      expect(new Set(statuses)).toEqual(new Set([200]))

      const shot = join(folder, 'page.png')
      await page.screenshot({ path: shot })
      expect((await readFile(shot)).subarray(1, 4).toString()).toBe('PNG')

      // A second visit asks whether all is as it was, and it is.
      statuses.length = 0
      await page.reload({ waitUntil: 'load' })
      expect(statuses).toContain(304)
      await browser.close()
      await stop(proxy)
      await stop(origin)
      const sessions = origin.said.slice(1)
      expect(sessions).toHaveLength(1)
      expect(sessions[0]!.streams).toBeGreaterThanOrEqual(Object.keys(SITE).length)
    },
  )
})
