import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { PlexusError } from '@plexus/contract'
import { connectTcp, connectUnix, listenTcp } from './index.js'

const failureOf = (promise: Promise<unknown>): Promise<PlexusError> =>
  promise.then(
    () => {
      throw new Error('it went well')
    },
    (error) => error as PlexusError,
  )

describe('a connection that cannot be had is a request error of the carrier, safe to try again:', () => {
  test('nobody listens', async () => {
    const door = await listenTcp({}, () => undefined)
    await door.close()
    const error = await failureOf(connectTcp({ port: door.address.port }))
    expect(error).toBeInstanceOf(PlexusError)
    expect(error).toMatchObject({
      scope: 'request',
      blame: 'carrier',
      code: 'CONNECTION_LOST',
      processed: 'no',
    })
    expect(error.message).toBe(`connecting to tcp 127.0.0.1:${door.address.port} failed: ECONNREFUSED`)
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('there is no such path', async () => {
    const error = await failureOf(connectUnix('/nowhere/at/all'))
    expect(error.message).toBe('connecting to unix /nowhere/at/all failed: ENOENT')
  })

  test('there is no such port', async () => {
    const error = await failureOf(connectTcp({ port: 70_000 }))
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', processed: 'no' })
  })
})

describe('whoever waits for a connection can stop waiting:', () => {
  test('a signal that is aborted already lets nothing begin', async () => {
    const error = await failureOf(connectTcp({ port: 1, signal: AbortSignal.abort('enough') }))
    expect(error).toMatchObject({ code: 'CANCEL', blame: 'application', processed: 'no', cause: 'enough' })
  })

  test('a signal ends the wait', async () => {
    await using door = await listenTcp({}, (carrier) => carrier.destroy())
    const abort = new AbortController()
    const error = failureOf(connectTcp({ ...door.address, signal: abort.signal }))
    abort.abort()
    expect(await error).toMatchObject({ code: 'CANCEL', scope: 'request', blame: 'application' })
  })

  test('the time that was given ends it', async () => {
    await using door = await listenTcp({}, (carrier) => carrier.destroy())
    const error = failureOf(connectTcp({ ...door.address, timeoutMs: 1 }))
    // The time is over before we get to see that the connection came about.
    const busyUntil = performance.now() + 5
    while (performance.now() < busyUntil);
    expect(await error).toMatchObject({ code: 'TIMEOUT', blame: 'carrier', processed: 'no' })
    expect((await error).message).toBe(
      `connecting to tcp 127.0.0.1:${door.address.port} took longer than 1 ms`,
    )
  })
})

describe('a carrier that was had', () => {
  let server: Server | undefined
  afterEach(() => void server?.close())

  test('is not ended by the signal or the time-out of the wait for it', async () => {
    const accepted: Socket[] = []
    server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1')
    await new Promise((done) => server!.once('listening', done))
    const { port } = server.address() as { port: number }
    const abort = new AbortController()
    const carrier = await connectTcp({ port, signal: abort.signal, timeoutMs: 40 })
    let isClosed = false
    const nothing = () => undefined
    carrier.start({ receive: nothing, drain: nothing, end: nothing, closed: () => (isClosed = true) })
    abort.abort()
    await new Promise((done) => setTimeout(done, 60))
    expect([isClosed, carrier.label]).toEqual([false, `tcp 127.0.0.1:${port}`])
    carrier.destroy()
  })
})
