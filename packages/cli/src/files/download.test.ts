import { readFile, symlink } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { MuxStream } from 'plexus'
import { listen, type PlexusServer } from 'plexus/node'
import { Run } from '../test-support/run.test.kit.js'
import { TempDir } from '../test-support/temp-dir.test.kit.js'

/** A server that says what it likes: path → how it answers. */
type Script = Record<string, (stream: MuxStream) => void | Promise<void>>

const OK = { ':status': '200 OK', ':version': 'HTTP/1.1' }

let out: TempDir
let outside: TempDir
let server: PlexusServer | undefined

beforeEach(async () => {
  out = await TempDir.make()
  outside = await TempDir.make({ victim: 'safe' })
})

afterEach(async () => {
  server?.destroy()
  await server?.close()
  await out[Symbol.asyncDispose]()
  await outside[Symbol.asyncDispose]()
})

async function fetched(script: Script, ...args: string[]): Promise<Run> {
  server = await listen('spdy+tcp://127.0.0.1:0', {}, (stream) =>
    script[stream.headers.get(':path')!]!(stream),
  )
  const run = new Run('get', server.url, '--json', '-o', out.path, ...args)
  await run.code
  return run
}

/** Answers with a manifest of these lines. */
function manifest(...lines: object[]): (stream: MuxStream) => Promise<void> {
  return (stream) => {
    stream.reply(OK)
    return stream.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { end: true })
  }
}

function content(
  text: string,
  headers: Record<string, string | number> = {},
): (stream: MuxStream) => Promise<void> {
  return (stream) => {
    stream.reply({ ...OK, 'content-length': text.length, ...headers })
    return stream.write(text, { end: true })
  }
}

/** Answers with more and more, until nobody wants it. */
function endless(headers: Record<string, string | number>): (stream: MuxStream) => Promise<void> {
  return async (stream) => {
    stream.reply({ ...OK, ...headers })
    for (;;) await stream.write(new Uint8Array(4096))
  }
}

describe('a server cannot make get write outside of its directory', () => {
  it.each(['/../victim', '/%2e%2e/victim', '/..%2fvictim', '/a\0b', 'victim', '/', '/a/../../victim'])(
    'by listing %j',
    async (path) => {
      const run = await fetched(
        { '/?tree': manifest({ path, bytes: 4 }, { files: 1, bytes: 4, leftOut: 0 }) },
        '--tree',
      )
      expect(await run.code).toBe(1)
      expect(run.json.at(-1)).toMatchObject({ ok: false, files: 0, failed: 1 })
      expect(await out.read()).toEqual({})
    },
  )

  it('by listing what lies behind a link that leads out', async () => {
    await symlink(outside.path, out.at('link'))
    const list = manifest({ path: '/link/victim', bytes: 4 }, { files: 1, bytes: 4, leftOut: 0 })
    const run = await fetched({ '/?tree': list, '/link/victim': content('evil') }, '--tree')
    expect(await run.code).toBe(1)
    expect(await outside.read()).toEqual({ victim: 'safe' })
  })

  it('by the name of a link that leads out: the link is replaced, not followed', async () => {
    await symlink(outside.at('victim'), out.at('link'))
    const run = await fetched({ '/link': content('new') }, '/link')
    expect(await run.code).toBe(0)
    expect(await outside.read()).toEqual({ victim: 'safe' })
    expect(await readFile(out.at('link'), 'utf8')).toBe('new')
  })
})

describe('a file is kept only if it is whole', () => {
  it.each<[string, (stream: MuxStream) => void | Promise<void>]>([
    ['shorter than promised', content('abc', { 'content-length': 4 })],
    ['longer than promised', content('abcde', { 'content-length': 4 })],
    ['of no promised length', (stream) => stream.reply(OK, { end: true })],
    ['without end', endless({ 'content-length': 4 })],
    ['without end and of no promised length', endless({})],
    [
      'reset half-way',
      async (stream) => {
        stream.reply({ ...OK, 'content-length': 4 })
        await stream.write('ab')
        stream.reset()
      },
    ],
    ['refused', (stream) => stream.reply({ ':status': '404 Not Found' }, { end: true })],
  ])('not if it is %s', async (_, answer) => {
    const run = await fetched({ '/bad': answer, '/good': content('good') }, '/bad', '/good')
    expect(await run.code).toBe(1)
    expect(run.json.at(-1)).toMatchObject({ ok: false, files: 1, failed: 1 })
    expect(await out.read()).toEqual({ good: 'good' })
    expect(run.notes.join('\n')).toContain('failed: /bad')
  })

  it.each([
    ['another', '0'.repeat(64)],
    ['no', undefined],
  ])('not if the server says %s SHA-256', async (_, sha256) => {
    const answer = (stream: MuxStream) => {
      stream.reply({ ...OK, 'content-length': 4 })
      void stream.write('text')
      stream.writeHeaders({ 'x-sha256': sha256 }, { end: true })
    }
    const run = await fetched({ '/bad': answer }, '/bad', '--sha256')
    expect(await run.code).toBe(1)
    expect(await out.read()).toEqual({})
  })
})

describe('a list', () => {
  it.each<[string, object[]]>([
    ['stops without its end', [{ path: '/a', bytes: 1 }]],
    [
      'counts more files than it has',
      [
        { path: '/a', bytes: 1 },
        { files: 2, bytes: 1, leftOut: 0 },
      ],
    ],
    [
      'has a line that is no file',
      [
        { path: '/a', bytes: -1 },
        { files: 1, bytes: 1, leftOut: 0 },
      ],
    ],
    ['is empty', []],
  ])('that %s is a failure', async (_, lines) => {
    const run = await fetched({ '/?tree': manifest(...lines), '/a': content('a') }, '--tree')
    expect(await run.code).toBe(1)
    expect(run.json.at(-1)).toMatchObject({ ok: false, failed: 1 })
  })
})

describe('a stream that the server refuses', () => {
  it('is asked for again', async () => {
    let refusals = 2
    const answer = (stream: MuxStream) => (refusals-- > 0 ? stream.refuse() : content('late')(stream))
    const run = await fetched({ '/a': answer }, '/a')
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual({ a: 'late' })
  })

  it('every time is a failure', async () => {
    const run = await fetched({ '/a': (stream) => stream.refuse() }, '/a')
    expect(await run.code).toBe(1)
  })
})
