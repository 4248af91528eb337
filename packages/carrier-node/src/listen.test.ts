import { spawn } from 'node:child_process'
import { lstat, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Carrier, PlexusError } from '@plexus/contract'
import { connectTcp, connectUnix, listenTcp, listenUnix } from './index.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'listen-'))
})
afterAll(() => rm(folder, { recursive: true }))

const nothing = () => undefined
const ignore = { receive: nothing, drain: nothing, end: nothing, closed: nothing }
const failureOf = (promise: Promise<unknown>): Promise<PlexusError> =>
  promise.then(
    () => {
      throw new Error('it went well')
    },
    (error) => error as PlexusError,
  )

describe('a listener on TCP', () => {
  test('is for this machine only where nothing else is said, and tells its port', async () => {
    const door = await listenTcp({}, nothing)
    expect(door.address).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
    await door.close()
  })

  test('accepts no more after close, and lets live what it accepted', async () => {
    const accepted: Carrier[] = []
    const door = await listenTcp({}, (carrier) => accepted.push(carrier))
    const carrier = await connectTcp(door.address)
    while (accepted.length === 0) await new Promise(setImmediate)
    await door.close()
    await door.close()
    expect((await failureOf(connectTcp(door.address))).cause).toMatchObject({ code: 'ECONNREFUSED' })
    const heard = new Promise<string>((done) => {
      carrier.start({ ...ignore, receive: (chunk) => done(String(chunk)) })
    })
    accepted[0]!.write([Buffer.from('still here')])
    expect(await heard).toBe('still here')
    carrier.destroy()
    accepted[0]!.destroy()
  })

  test('is closed by its signal', async () => {
    const abort = new AbortController()
    const door = await listenTcp({ signal: abort.signal }, nothing)
    abort.abort()
    expect((await failureOf(connectTcp(door.address))).code).toBe('CONNECTION_LOST')
    expect((await failureOf(listenTcp({ signal: abort.signal }, nothing))).code).toBe('CANCEL')
  })

  test('on a port that is taken says so', async () => {
    await using door = await listenTcp({}, nothing)
    const error = await failureOf(listenTcp({ port: door.address.port }, nothing))
    expect(error).toMatchObject({ scope: 'request', blame: 'carrier', cause: { code: 'EADDRINUSE' } })
    expect(error.message).toBe(`listening on tcp 127.0.0.1:${door.address.port} failed: EADDRINUSE`)
  })

  test('survives a connection that is reset before anyone looks at it, and says so later', async () => {
    const accepted: Carrier[] = []
    await using door = await listenTcp({}, (carrier) => accepted.push(carrier))
    const socket = connect(door.address)
    while (accepted.length === 0) await new Promise(setImmediate)
    socket.resetAndDestroy()
    await new Promise((done) => setTimeout(done, 20))
    const closed = new Promise<Error | undefined>((done) => accepted[0]!.start({ ...ignore, closed: done }))
    expect(await closed).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('a listener on a Unix socket', () => {
  test('takes over the file of a listener that died', async () => {
    const path = join(folder, 'dead')
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    const child = spawn(process.execPath, ['-e', script])
    await new Promise((done) => child.once('exit', done))
    expect((await lstat(path)).isSocket()).toBe(true)
    const accepted: Carrier[] = []
    await using door = await listenUnix({ path }, (carrier) => accepted.push(carrier))
    expect(door.address).toEqual({ path })
    const carrier = await connectUnix(path)
    while (accepted.length === 0) await new Promise(setImmediate)
    expect([carrier.label, accepted[0]!.label]).toEqual([`unix ${path}`, `unix ${path}`])
    carrier.destroy()
    accepted[0]!.destroy()
  })

  test('leaves the file of one that lives alone', async () => {
    const path = join(folder, 'alive')
    await using door = await listenUnix({ path }, (carrier) => carrier.destroy())
    const error = await failureOf(listenUnix({ path }, nothing))
    expect(error.cause).toMatchObject({ code: 'EADDRINUSE' })
    const carrier = await connectUnix(door.address.path)
    carrier.destroy()
  })

  test('leaves a file that is no socket alone', async () => {
    const path = join(folder, 'diary')
    await writeFile(path, 'dear diary')
    expect((await failureOf(listenUnix({ path }, nothing))).cause).toMatchObject({ code: 'EADDRINUSE' })
    expect((await lstat(path)).isFile()).toBe(true)
  })

  test('takes its file away when it closes', async () => {
    const path = join(folder, 'gone')
    const door = await listenUnix({ path }, nothing)
    await door.close()
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
