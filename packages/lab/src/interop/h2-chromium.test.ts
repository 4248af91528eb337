/* DG-30: a browser over HTTP/2 and TLS: a page with a hundred images and a hundred fetches, all over one session. */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import type { Exchange } from '@plexus/http'
import { createServer, type HttpServer } from '@plexus/http/node'
import { type Browser, chromium } from 'playwright-core'
import { LAB } from '../paths.js'
import { programAvailable } from '../programs.js'
import { certificate } from './certificate.js'

jest.setTimeout(60_000)

const BROWSER = '/usr/bin/chromium'
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]
const COUNT = 100
const SHOTS = join(LAB, '.build')

const missing = existsSync(BROWSER)
  ? programAvailable('openssl', ['version']).missing
  : `there is no ${BROWSER}`
const itCan = missing === undefined ? it : it.skip
const why = missing === undefined ? '' : ` (skipped: ${missing})`

const PAGE = `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>HTTP/2</title><link rel="icon" href="img/0.svg">
<h1>waiting</h1><p>${Array.from({ length: COUNT }, (_, i) => `<img src="img/${i}.svg" alt="">`).join('')}</p>
<script type="module">
const size = 4 * 1024 * 1024
const sent = new Uint8Array(size).map((_, i) => i * i % 251)
const back = await fetch('echo', { method: 'POST', body: sent }).then((answer) => answer.arrayBuffer())
const isSame = new Uint8Array(back).every((byte, i) => byte === sent[i]) && back.byteLength === size
const bodies = await Promise.all(Array.from({ length: ${COUNT} }, (_, i) => fetch('text/' + i).then((a) => a.text())))
const cancel = new AbortController()
const hanging = fetch('hang', { signal: cancel.signal }).catch((error) => error.name)
await fetch('text/after')
cancel.abort()
document.querySelector('h1').textContent = [isSame, bodies.filter((text, i) => text === 'text ' + i).length, await hanging].join()
</script>`

function imageOf(i: number): string {
  const size = 20 + i
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="100%" height="100%" fill="hsl(${i * 3} 80% 50%)"/></svg>`
}

async function answer(exchange: Exchange, onCancel: () => void): Promise<void> {
  const { path } = exchange.request
  const [, kind = '', rest = ''] = path.split('/')
  const say = (type: string, text: string) => {
    exchange.respond({ headers: { 'content-type': type } })
    return exchange.end(text)
  }
  if (path === '/') return say('text/html', PAGE)
  if (kind === 'img') return say('image/svg+xml', imageOf(Number.parseInt(rest, 10)))
  if (kind === 'text') return say('text/plain', `text ${rest}`)
  if (kind === 'echo') return exchange.end(await exchange.body.bytes())
  if (kind !== 'hang') return exchange.respond({ status: 404 }, { end: true })
  exchange.signal.addEventListener('abort', onCancel)
  await exchange.stream.closed
}

describe('DG-30 Chromium', () => {
  let browser: Browser | undefined
  let server: HttpServer | undefined

  afterEach(async () => {
    await browser?.close()
    await server?.close({ timeoutMs: 0 })
  })

  itCan(`loads a page, ${COUNT} images and ${COUNT} fetches over one session of h2${why}`, async () => {
    const protocols: string[] = []
    const failures: unknown[] = []
    const cancelled = new Promise<void>((resolve) => {
      server = createServer(
        {
          onSession: ({ protocol }) => protocols.push(protocol),
          onError: (error) => failures.push(error),
        },
        { exchange: (exchange) => answer(exchange, resolve) },
      )
    })
    const { port } = await server!.listen('https://127.0.0.1:0', certificate())
    browser = await chromium.launch({ executablePath: BROWSER, args: ARGS })
    const page = await browser.newPage({ ignoreHTTPSErrors: true, viewport: { width: 1200, height: 1000 } })
    page.on('pageerror', (error) => failures.push(error))
    await page.goto(`https://127.0.0.1:${port}/`, { waitUntil: 'load' })
    await page.getByText(`true,${COUNT},AbortError`).waitFor()
    await cancelled
    expect(await page.evaluate('[...document.images].map((image) => image.naturalWidth)')).toEqual(
      Array.from({ length: COUNT }, (_, i) => 20 + i),
    )
    const spoken = (await page.evaluate(
      `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(({ name }) => !name.endsWith('/hang')).map((entry) => entry.nextHopProtocol)`,
    )) as string[]
    expect(spoken.length).toBeGreaterThan(2 * COUNT)
    expect(new Set(spoken)).toEqual(new Set(['h2']))
    expect(new Set(protocols)).toEqual(new Set(['h2']))
    expect(server!.sessions.map(({ protocol }) => protocol)).toEqual(['h2'])
    expect(failures).toEqual([])

    mkdirSync(SHOTS, { recursive: true })
    const shot = join(SHOTS, 'h2-chromium.png')
    await page.screenshot({ path: shot })
    expect(statSync(shot).size).toBeGreaterThan(10_000)
  })
})
