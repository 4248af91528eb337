import { execFileSync } from 'node:child_process'
import { symlink, truncate, utimes } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { testBytes } from '../echo/test-bytes.js'
import { TempDir } from '../test-support/temp-dir.test.kit.js'
import { httpFiles } from './http-files.js'
import { Tree } from './tree.js'

const BIG = Buffer.from(testBytes(1, 3_000_000))

let dir: TempDir
let outside: TempDir
let server: Server
let failures: unknown[]

beforeAll(async () => {
  outside = await TempDir.make({ 'secret.txt': 'secret', 'tree/a.txt': 'not this one' })
  dir = await TempDir.make({
    'a.txt': '0123456789',
    empty: '',
    big: BIG,
    '.hidden': 'as today',
    'style.css': 'p {}',
    'main.mjs': '1',
    'clip.mp4': 'film',
    'sub/b c.txt': 'beta',
    'sub/"><img src=x onerror=alert(1)>': 'odd',
    'sub/javascript:alert(1)': 'odd',
    'site/index.html': '<p>home',
    'many/deep/x': 'x',
  })
  // It has rested, so its tag is a strong one.
  await utimes(dir.at('a.txt'), 1e9, 1e9)
  await symlink(outside.path, dir.at('out'))
  await symlink(outside.at('secret.txt'), dir.at('secret'))
  await symlink(outside.at('secret.txt'), dir.at('sub/secret'))
  await symlink('sub/b c.txt', dir.at('inside'))
  await symlink('sub', dir.at('insideDir'))
  await symlink('loop', dir.at('loop'))
  execFileSync('mkfifo', [dir.at('pipe')])
  server = await serve(await Tree.at(dir.path))
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await dir[Symbol.asyncDispose]()
  await outside[Symbol.asyncDispose]()
})

async function serve(tree: Tree, waitMs = 10_000): Promise<Server> {
  failures = []
  const made = createServer(httpFiles(tree, { waitMs, onError: (error) => failures.push(error) }))
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return made
}

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly to?: Server
}

/** As it is written: `fetch` would tidy the path up. */
function open(
  path: string,
  { method = 'GET', headers = {}, to = server }: Asked = {},
): Promise<IncomingMessage> {
  const { port } = to.address() as AddressInfo
  return new Promise((resolve, reject) => {
    send({ host: '127.0.0.1', port, path, method, headers }, resolve).on('error', reject).end()
  })
}

async function ask(path: string, asked?: Asked) {
  const response = await open(path, asked)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const { statusCode: status, headers } = response
  return { status, headers, body: Buffer.concat(chunks).toString('latin1') }
}

describe('a file', () => {
  it.each([
    ['/a.txt', '0123456789', 'text/plain; charset=utf-8'],
    ['//a.txt', '0123456789', 'text/plain; charset=utf-8'],
    ['/a.txt?v=1', '0123456789', 'text/plain; charset=utf-8'],
    ['/sub/b%20c.txt', 'beta', 'text/plain; charset=utf-8'],
    ['/empty', '', 'application/octet-stream'],
    ['/inside', 'beta', 'application/octet-stream'],
    ['/insideDir/b%20c.txt', 'beta', 'text/plain; charset=utf-8'],
    ['/.hidden', 'as today', 'application/octet-stream'],
    ['/style.css', 'p {}', 'text/css; charset=utf-8'],
    ['/main.mjs', '1', 'text/javascript; charset=utf-8'],
    ['/clip.mp4', 'film', 'video/mp4'],
  ])('%s is answered with its content and type', async (path, body, type) => {
    const answer = await ask(path)
    expect(answer).toMatchObject({ status: 200, body })
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'content-length': String(body.length),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    })
  })

  it('comes whole, however large', async () => {
    expect((await ask('/big')).body === BIG.toString('latin1')).toBe(true)
  })

  it('asked for with HEAD is its head alone', async () => {
    const { status, body, headers } = await ask('/a.txt', { method: 'HEAD' })
    expect({ status, body }).toEqual({ status: 200, body: '' })
    expect(headers).toMatchObject({ 'content-length': '10', 'accept-ranges': 'bytes' })
  })

  it.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=3-5', 206, '345', 'bytes 3-5/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=-99999999999999999999', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-2', 416, undefined, 'bytes */10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=1-2,5-6', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
    ['bytes=x', 200, '0123456789', undefined],
  ])('with range %s is answered with %d', async (range, status, body, contentRange) => {
    const answer = await ask('/a.txt', { headers: { range } })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-range']).toBe(contentRange)
    if (body !== undefined) expect(answer.body).toBe(body)
  })

  it('is answered with a range out of its middle, byte for byte', async () => {
    const { body } = await ask('/big', { headers: { range: 'bytes=1000000-1999999' } })
    expect(body === BIG.subarray(1_000_000, 2_000_000).toString('latin1')).toBe(true)
  })

  it('is not sent again to who has it, and not sent to who wants another', async () => {
    const { headers } = await ask('/a.txt')
    const etag = headers.etag!
    const modified = headers['last-modified']!
    const conditions: [Record<string, string>, number][] = [
      [{ 'if-none-match': etag }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-modified-since': modified }, 304],
      [{ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 200],
      [{ 'if-match': etag }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 412],
      [{ 'if-range': modified, range: 'bytes=0-1' }, 206],
      [{ 'if-range': '"other"', range: 'bytes=0-1' }, 200],
      [{ 'if-range': etag, range: 'bytes=0-1' }, 206],
      [{ 'if-range': `W/${etag}`, range: 'bytes=0-1' }, 200],
      [{ 'if-match': `W/${etag}` }, 412],
      [{ 'if-none-match': `W/${etag}` }, 304],
    ]
    for (const [condition, status] of conditions) {
      const answer = await ask('/a.txt', { headers: condition })
      expect([condition, answer.status]).toEqual([condition, status])
      if (status === 304) expect(answer.body).toBe('')
    }
  })

  it('that becomes shorter while it is sent breaks the answer off, and says so', async () => {
    await dir.write('shrinks', Buffer.alloc(50_000_000))
    const response = await open('/shrinks')
    await truncate(dir.at('shrinks'), 1000)
    await expect(
      (async () => {
        for await (const _ of response);
      })(),
    ).rejects.toThrow('aborted')
    expect(String(failures.at(-1))).toContain('the file ends at')
  })
})

describe('nothing outside of the directory is served', () => {
  it.each([
    ['/nothing', 404],
    ['/a.txt/', 404],
    ['/a.txt/b', 404],
    ['/out', 404],
    ['/out/', 404],
    ['/out/secret.txt', 404],
    ['/secret', 404],
    ['/sub/secret', 404],
    ['/loop', 404],
    ['/pipe', 404],
    ['//etc/passwd', 404],
    ['/%252e%252e/secret.txt', 404],
    ['/out?tree', 404],
    ['/out/?tree', 404],
    [`/${'x'.repeat(300)}`, 404],
    ['/../a.txt', 400],
    ['/sub/../a.txt', 400],
    ['/%2e%2e/a.txt', 400],
    ['/..%2fa.txt', 400],
    ['/a.txt%00', 400],
    ['/..%5ca.txt', 400],
    ['/%', 400],
    ['http://elsewhere/a.txt', 400],
    ['*', 400],
  ])('%s is answered with %d', async (path, status) => {
    const answer = await ask(path)
    expect(answer.status).toBe(status)
    expect(answer.body).not.toMatch(/secret|root:/)
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('and with %s nothing at all', async (method) => {
    const answer = await ask('/a.txt', { method })
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  })
})

describe('a directory', () => {
  it('without its slash leads to it, and nowhere else', async () => {
    for (const [path, location] of [
      ['/sub', '/sub/'],
      ['//sub?a=b', '/sub/?a=b'],
      ['/many//deep', '/many/deep/'],
    ]) {
      expect((await ask(path!)).headers.location).toBe(location)
      expect((await ask(path!)).status).toBe(301)
    }
  })

  it('is answered with its index, or with a list of what can be asked for', async () => {
    expect(await ask('/site/')).toMatchObject({ status: 200, body: '<p>home' })
    const { status, body, headers } = await ask('/')
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
    })
    const links = [...body.matchAll(/href="([^"]*)"/g)].map(([, link]) => link)
    expect(links.slice(0, 4)).toEqual(['./insideDir/', './many/', './site/', './sub/'])
    expect(links).toContain('./a.txt')
    expect(links).toContain('./inside')
    for (const absent of ['./out/', './secret', './loop', './pipe']) expect(links).not.toContain(absent)
  })

  it('is listed with names that cannot leave their place, and links that lead to them', async () => {
    const { body } = await ask('/sub/')
    expect(body).not.toMatch(/<img/)
    const links = [...body.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!)
    expect(links[0]).toBe('../')
    expect(links).toContain('./javascript%3Aalert(1)')
    for (const link of links.slice(1)) {
      const { pathname } = new URL(link.replaceAll('&#39;', "'"), 'http://host/sub/')
      expect((await ask(pathname)).status).toBe(200)
    }
  })

  it('is listed by HEAD without the list', async () => {
    const { status, body, headers } = await ask('/', { method: 'HEAD' })
    expect({ status, body }).toEqual({ status: 200, body: '' })
    expect(Number(headers['content-length'])).toBeGreaterThan(1000)
  })

  it('is listed with all below it for who asks for the tree', async () => {
    const { body, headers } = await ask('/sub?tree')
    expect(headers['content-type']).toBe('application/x-ndjson')
    const lines = body.trimEnd().split('\n')
    expect(JSON.parse(lines[2]!)).toEqual({ path: '/sub/javascript%3Aalert(1)', bytes: 3 })
    expect(JSON.parse(lines.at(-1)!)).toEqual({ files: 3, bytes: 10, leftOut: 1 })
  })
})

describe('B19 when as many files are open as may be', () => {
  it('one more request gets 503 after a while, and its file when a place is free', async () => {
    const crowded = await serve(await Tree.at(dir.path, 1), 50)
    await dir.write('film', Buffer.alloc(50_000_000))
    const paused = await open('/film', { to: crowded })
    expect(await ask('/a.txt', { to: crowded })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    })
    paused.destroy()
    let status: number | undefined
    while (status !== 200) status = (await ask('/a.txt', { to: crowded })).status
    crowded.closeAllConnections()
    crowded.close()
  })
})
