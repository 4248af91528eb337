import { execFileSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { PlexusSession } from 'plexus'
import { connect, listen, type PlexusServer } from 'plexus/node'
import { TempDir } from '../test-support/temp-dir.test.kit.js'
import { fileService } from './file-service.js'
import { Tree } from './tree.js'

const GOOD = {
  ':method': 'GET',
  ':path': '/a.txt',
  ':version': 'HTTP/1.1',
  ':host': 'peer',
  ':scheme': 'http',
}

let dir: TempDir
let outside: TempDir
let server: PlexusServer
let session: PlexusSession

beforeAll(async () => {
  outside = await TempDir.make({ 'secret.txt': 'secret', 'tree/a.txt': 'not this one' })
  dir = await TempDir.make({ 'a.txt': 'alpha', 'sub/b.txt': 'beta', empty: '' })
  await symlink(outside.path, dir.at('out'))
  await symlink(outside.at('secret.txt'), dir.at('secret'))
  await symlink('../../../../../../../../etc/passwd', dir.at('sub/passwd'))
  await symlink('sub/b.txt', dir.at('inside'))
  await symlink('sub', dir.at('insideDir'))
  await symlink('loop', dir.at('loop'))
  await symlink('nothing', dir.at('dangling'))
  execFileSync('mkfifo', [dir.at('pipe')])
  server = await listen('spdy+tcp://127.0.0.1:0', {}, fileService(await Tree.at(dir.path), { strict: true }))
  session = await connect(server.url)
})

afterAll(async () => {
  await session.close()
  await server.close()
  await dir[Symbol.asyncDispose]()
  await outside[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: string | undefined
  readonly length: string | undefined
  readonly body: string
  readonly trailer: string | undefined
}

async function ask(headers: Record<string, string | undefined | readonly string[]>): Promise<Answer> {
  const stream = await session.open({ headers, end: true })
  const reply = await stream.replied
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return {
    status: reply.get(':status'),
    length: reply.get('content-length'),
    body: Buffer.concat(chunks).toString(),
    trailer: (await stream.readHeaders())?.get('x-sha256'),
  }
}

const get = (path: string) => ask({ ...GOOD, ':path': path })

describe('a request for a file', () => {
  it.each([
    ['/a.txt', 'alpha'],
    ['//a.txt', 'alpha'],
    ['/a.txt?query', 'alpha'],
    ['/sub/b.txt', 'beta'],
    ['/empty', ''],
    ['/inside', 'beta'],
    ['/insideDir/b.txt', 'beta'],
  ])('%s is answered with its content', async (path, content) => {
    const answer = await get(path)
    expect(answer).toEqual({
      status: '200 OK',
      length: String(content.length),
      body: content,
      trailer: undefined,
    })
  })

  it('is answered with the SHA-256 behind the content if it asks for it, also of nothing', async () => {
    const { trailer } = await ask({ ...GOOD, 'x-want-sha256': '1' })
    expect(trailer).toBe('8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8')
    const empty = await ask({ ...GOOD, ':path': '/empty', 'x-want-sha256': '1' })
    expect(empty.trailer).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('with HEAD is answered with the length alone', async () => {
    expect(await ask({ ...GOOD, ':method': 'HEAD' })).toMatchObject({
      status: '200 OK',
      length: '5',
      body: '',
    })
  })

  it.each(['POST', 'PUT', 'DELETE', 'get'])('with %s is answered with 405', async (method) => {
    expect((await ask({ ...GOOD, ':method': method })).status).toBe('405 Method Not Allowed')
  })
})

describe('nothing outside of the directory is served', () => {
  it.each([
    '/nothing',
    '/',
    '/sub',
    '/a.txt/b',
    '/out/secret.txt',
    '/out/tree/a.txt',
    '/secret',
    '/sub/passwd',
    '/insideDir/passwd',
    '/loop',
    '/dangling',
    '/pipe',
    '/...',
    '//etc/passwd',
    '/%252e%252e/secret.txt',
    '/out?tree',
    '/secret?tree',
    `/${'x'.repeat(300)}`,
  ])('%s is answered with 404', async (path) => {
    expect(await get(path)).toEqual({ status: '404 Not Found', length: '0', body: '', trailer: undefined })
  })

  it.each(['/../a.txt', '/sub/../a.txt', '/%2e%2e/a.txt', '/..%2fa.txt', '/a.txt%00', '/..\\a.txt', '/%'])(
    '%s is answered with 400',
    async (path) => {
      expect((await get(path)).status).toBe('400 Bad Request')
    },
  )

  it('and nothing outside of it is listed: links and pipes are counted, not followed', async () => {
    const { body } = await get('/?tree')
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([
      { path: '/a.txt', bytes: 5 },
      { path: '/empty', bytes: 0 },
      { path: '/sub/b.txt', bytes: 4 },
      { files: 3, bytes: 9, leftOut: 8 },
    ])
  })
})

describe('DM-13', () => {
  it.each([':method', ':path', ':version', ':host', ':scheme'])(
    'a request without %s is answered with 400, and the session lives',
    async (name) => {
      expect((await ask({ ...GOOD, [name]: undefined })).status).toBe('400 Bad Request')
      expect((await get('/a.txt')).body).toBe('alpha')
    },
  )

  it.each([
    [':method', 'G T'],
    [':path', 'a.txt'],
    [':path', '/a b'],
    [':path', 'http://peer/a.txt'],
    [':version', 'HTTP/2'],
    [':host', 'a/b'],
    [':scheme', 'file'],
    [':path', ['/a.txt', '/empty']],
  ])('a request whose %s is %j is answered with 400', async (name, value) => {
    expect((await ask({ ...GOOD, [name]: value })).status).toBe('400 Bad Request')
  })

  it('streams without `:` headers but :path are served where the profile has none', async () => {
    const service = fileService(await Tree.at(dir.path), { strict: false })
    const profile = 'spdystream'
    await using lenient = await listen('spdy+tcp://127.0.0.1:0', { profile }, service)
    await using client = await connect(lenient.url, { profile })
    const stream = await client.open({ headers: { ':path': '/a.txt' }, end: true })
    expect(Buffer.from((await stream.read())!).toString()).toBe('alpha')
  })
})
