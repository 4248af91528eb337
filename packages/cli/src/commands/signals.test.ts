import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect as dial } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { MuxStream, PlexusSession } from 'plexus'
import { connect, listen, type PlexusServer } from 'plexus/node'
import { filter, firstValueFrom } from 'rxjs'
import { Run } from '../test-support/run.test.kit.js'
import { TempDir } from '../test-support/temp-dir.test.kit.js'

const PACKAGE = join(__dirname, '..', '..')
const isBuilt = existsSync(join(PACKAGE, 'dist', 'index.js'))
const itBuilt = isBuilt ? it : it.skip
const why = isBuilt ? '' : ' (skipped: the package is not built; npm run build does it)'

/** Echo as a process of its own, and a stream that is open there. */
let server: ChildProcess
let session: PlexusSession
let stream: MuxStream

function spawnPlexus(...args: string[]): ChildProcess {
  const command = [join(PACKAGE, 'bin', 'plexus.mjs'), ...args]
  return spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] })
}

async function startEcho(): Promise<void> {
  server = spawnPlexus('echo', '--listen', 'spdy+tcp://127.0.0.1:0')
  const [line] = await once(createInterface(server.stdout!), 'line')
  session = await connect(`spdy+tcp://127.0.0.1:${JSON.parse(line).listening}`)
  stream = await session.open({ headers: { ':method': 'POST', ':path': '/echo/0' } })
  await stream.replied
}

async function echoed(text: string): Promise<string> {
  await stream.write(text)
  return Buffer.from((await stream.read())!).toString()
}

describe('B15: a server that is told to end', () => {
  afterEach(() => {
    session?.destroy()
    server?.kill('SIGKILL')
  })

  itBuilt.each(['SIGTERM', 'SIGINT'] as const)(
    `by %s lets what is open end well, then ends with 0${why}`,
    async (signal) => {
      await startEcho()
      const ended = once(server, 'exit')
      const draining = firstValueFrom(session.events$.pipe(filter((event) => event.type === 'draining')))
      server.kill(signal)
      await draining
      await expect(session.open()).rejects.toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
      expect(await echoed('still here')).toBe('still here')
      await stream.close()
      expect(await stream.closed).toBeUndefined()
      expect(await ended).toEqual([0, null])
      expect(await session.closed).toBeUndefined()
    },
  )

  itBuilt(`twice does not wait for what is open, and ends with 1${why}`, async () => {
    await startEcho()
    const ended = once(server, 'exit')
    const draining = firstValueFrom(session.events$.pipe(filter((event) => event.type === 'draining')))
    server.kill('SIGTERM')
    await draining
    server.kill('SIGTERM')
    expect(await ended).toEqual([1, null])
    expect(await stream.closed).toBeInstanceOf(Error)
  })
})

/** SYN_STREAM 1 with FIN, `GET /big` with all it takes, stored and not compressed. */
const GET_BIG =
  '800300010100007a0000000100000000000078f9e3c6a7c20060009fff00000005000000073a6d6574686f6400000003474554000000053a70617468' +
  '000000042f626967000000083a76657273696f6e00000008485454502f312e31000000053a686f73740000000168000000073a736368656d65000000' +
  '0468747470000000ffff'

describe('B15: a server of which a peer is half gone', () => {
  afterEach(() => void server?.kill('SIGKILL'))

  itBuilt(`gives up what waits for credit that cannot come, and does not just stop${why}`, async () => {
    const dir = await TempDir.make({ big: new Uint8Array(1_000_000) })
    const args = ['serve', dir.path, '--listen', 'spdy+tcp://127.0.0.1:0', '--json']
    server = spawnPlexus(...args)
    const lines = createInterface(server.stdout!)
    const ended = once(server, 'exit')
    const { listening } = JSON.parse((await once(lines, 'line'))[0])
    // It asks for more than its windows hold, and says by its end that it will never open them.
    const socket = dial({ port: listening, host: '127.0.0.1', allowHalfOpen: true })
    const ending = once(lines, 'line')
    const closed = once(socket, 'close')
    let received = 0
    socket.on('data', (bytes) => {
      received += bytes.length
    })
    socket.end(Buffer.from(GET_BIG, 'hex'))
    expect(JSON.parse((await ending)[0])).toMatchObject({ streams: 1 })
    await closed
    expect(received).toBeGreaterThanOrEqual(65_536)
    server.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    socket.destroy()
    await dir[Symbol.asyncDispose]()
  })
})

describe('B15: a download that is told to end', () => {
  let out: TempDir
  let slow: PlexusServer
  let run: Run
  /** Paths that were asked for. */
  let asked: string[]
  /** Lets the answers go that are held back. */
  let answer: () => void

  beforeEach(async () => {
    out = await TempDir.make()
    asked = []
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    slow = await listen('spdy+tcp://127.0.0.1:0', {}, async (file) => {
      asked.push(file.headers.get(':path')!)
      file.reply({ ':status': '200 OK', 'content-length': 4 })
      await held
      await file.write('done', { end: true })
    })
    run = new Run('get', slow.url, '/a', '/b', '/c', '--concurrency', '1', '--json', '-o', out.path)
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  afterEach(async () => {
    answer()
    slow.destroy()
    await slow.close()
    await run.code
    await out[Symbol.asyncDispose]()
  })

  it('finishes the file that runs, asks for no other, and ends with 1', async () => {
    run.signal('SIGINT')
    answer()
    expect(await run.code).toBe(1)
    expect(run.json.at(-1)).toMatchObject({ ok: false, interrupted: true, files: 1, failed: 0 })
    expect(asked).toEqual(['/a'])
    expect(await out.read()).toEqual({ a: 'done' })
  })

  it('twice ends at once with 130, and leaves nothing half-done behind', async () => {
    run.signal('SIGINT')
    run.signal('SIGINT')
    expect(await run.code).toBe(130)
    expect(await out.read()).toEqual({})
  })
})
