import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { firstValueFrom } from 'rxjs'
import { Budget, type MuxStream, type PlexusSession } from '../index.js'
import { connect, type ListenOptions, listen, type PlexusServer, type ServerHandler } from '../node.js'

const ANY_PORT = 'spdy+tcp://127.0.0.1:0'

let server: PlexusServer

afterEach(async () => {
  server?.destroy()
  await server?.close()
})

const echo: ServerHandler = async (stream) => {
  for await (const chunk of stream) await stream.write(chunk)
}

async function serve(options: ListenOptions = {}, handler: ServerHandler = echo): Promise<PlexusServer> {
  server = await listen(ANY_PORT, options, handler)
  return server
}

async function echoed(session: PlexusSession, text = 'hello'): Promise<string> {
  const stream = await session.open()
  await stream.write(text, { end: true })
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** A stream that is open at both ends. */
async function openStream(session: PlexusSession): Promise<MuxStream> {
  const stream = await session.open()
  await stream.write('x')
  await stream.read()
  return stream
}

describe('connect and listen', () => {
  it('meet at a TCP port that the system chose', async () => {
    const { url, port } = await serve()
    expect(url).toBe(`spdy+tcp://127.0.0.1:${port}`)
    await using session = await connect(url)
    expect(await echoed(session)).toBe('hello')
    expect(session.label).toBe(`tcp 127.0.0.1:${port}`)
  })

  it('meet at a Unix socket', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'plexus-test-'))
    const url = `spdy+unix:${join(dir, 'socket')}`
    server = await listen(url, {}, echo)
    const session = await connect(url)
    expect(await echoed(session)).toBe('hello')
    await session.close()
    expect(server).toMatchObject({ url, port: undefined })
    await server.close()
    await rm(dir, { recursive: true })
  })

  it('have roles that do not follow from who dials', async () => {
    const { url } = await serve({ role: 'client' })
    await using session = await connect(url, { role: 'server' })
    const stream = await openStream(session)
    expect(stream.id % 2).toBe(0)
    expect([...server.sessions][0]!.role).toBe('client')
    stream.reset()
  })

  it('speak the profile they are told to', async () => {
    const { url } = await serve({ profile: 'spdystream' })
    await using session = await connect(url, { profile: 'spdystream' })
    expect(session.traits.streamWindow).toBe(false)
    expect(await echoed(session, 'x'.repeat(200_000))).toHaveLength(200_000)
  })

  it('hand the streams that the peer opens to the handler, on either side', async () => {
    const { url } = await serve()
    await using session = await connect(url, {
      handler: (stream) => stream.write('from the client', { end: true }),
    })
    await session.ping()
    const stream = await [...server.sessions][0]!.open()
    expect(Buffer.from((await stream.read())!).toString()).toBe('from the client')
    await stream.close()
  })

  it('keep to a budget that all sessions share', async () => {
    const budget = new Budget(1_000_000)
    const held: MuxStream[] = []
    const { url } = await serve({ budget }, (stream) => void held.push(stream))
    await using one = await connect(url)
    await using two = await connect(url)
    for (const session of [one, two]) await (await session.open()).write('x'.repeat(10_000))
    await Promise.all([one.ping(), two.ping()])
    expect(budget.used).toBeGreaterThanOrEqual(20_000)
    for (const stream of held) stream.reset()
    expect(budget.used).toBe(0)
  })
})

describe('connect fails with an error that says whose fault it is', () => {
  it('where nobody listens', async () => {
    const { url } = await serve()
    await server.close()
    const failure = { scope: 'request', code: 'CONNECTION_LOST', blame: 'carrier', processed: 'no' }
    await expect(connect(url)).rejects.toMatchObject(failure)
  })

  it('when it is given up', async () => {
    const { url } = await serve()
    const failure = { scope: 'request', code: 'CANCEL', blame: 'application', processed: 'no' }
    await expect(connect(url, { signal: AbortSignal.abort() })).rejects.toMatchObject(failure)
    const abort = new AbortController()
    const connecting = connect(url, { signal: abort.signal })
    abort.abort()
    await expect(connecting).rejects.toMatchObject(failure)
  })

  it('for a URL that cannot be', async () => {
    await expect(connect('nonsense')).rejects.toMatchObject({ scope: 'request', blame: 'application' })
  })
})

describe('listen fails with an error that says whose fault it is', () => {
  it('where somebody listens already', async () => {
    const { url } = await serve()
    await expect(listen(url)).rejects.toMatchObject({ scope: 'request', blame: 'carrier' })
  })

  it('when it is given up', async () => {
    const signal = AbortSignal.abort()
    await expect(listen(ANY_PORT, { signal })).rejects.toMatchObject({ code: 'CANCEL', blame: 'application' })
  })

  it('for limits that cannot be: now, not on every connection', async () => {
    await expect(listen(ANY_PORT, { limits: { maxInboundStreams: -1 } })).rejects.toMatchObject({
      blame: 'application',
    })
  })
})

describe('a server', () => {
  it('knows its sessions, tells of each, and forgets those that are over', async () => {
    const { url } = await serve()
    const told = firstValueFrom(server.sessions$)
    const session = await connect(url)
    const accepted = await told
    expect([...server.sessions]).toEqual([accepted])
    await session.close()
    expect(await accepted.closed).toBeUndefined()
    expect(server.sessions.size).toBe(0)
  })

  it('yields the sessions that are there and those that come, until it is closed', async () => {
    const { url } = await serve()
    const first = await connect(url)
    await first.ping()
    const labels: string[] = []
    const iterating = (async () => {
      for await (const { label } of server) labels.push(label)
    })()
    const second = await connect(url)
    await second.ping()
    await server.close()
    await iterating
    expect(new Set(labels).size).toBe(2)
  })

  it('lets what is open end well when it is closed, and nothing new in', async () => {
    const { url } = await serve()
    const session = await connect(url)
    const stream = await openStream(session)
    let isClosed = false
    const closing = server.close().then(() => {
      isClosed = true
    })
    await stream.write('still here', { end: true })
    expect(Buffer.from((await stream.read())!).toString()).toBe('still here')
    expect(isClosed).toBe(false)
    await expect(session.open()).rejects.toMatchObject({ processed: 'no' })
    await expect(connect(url)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(await stream.read()).toBeUndefined()
    await closing
    expect(await session.closed).toBeUndefined()
  })

  it('waits no longer than it is told to', async () => {
    const { url } = await serve()
    const stream = await openStream(await connect(url))
    await server.close({ timeoutMs: 20 })
    expect(server.sessions.size).toBe(0)
    expect(await stream.closed).toMatchObject({ scope: 'session' })
  })

  it('waits no more when its close is cut short, also by a second call', async () => {
    const { url } = await serve()
    const stream = await openStream(await connect(url))
    const closing = server.close()
    const abort = new AbortController()
    const again = server.close({ signal: abort.signal })
    abort.abort()
    await Promise.all([closing, again])
    expect(await stream.closed).toMatchObject({ scope: 'session' })
  })

  it('ends at once when the signal it was made with aborts', async () => {
    const abort = new AbortController()
    const { url } = await serve({ signal: abort.signal })
    const stream = await openStream(await connect(url))
    abort.abort()
    expect(await stream.closed).toMatchObject({ scope: 'session' })
    await server.close()
    await expect(connect(url)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('resets the stream of a handler that fails, and nothing else', async () => {
    const { url } = await serve({}, async (stream) => {
      if (stream.headers.has('x-fail')) throw new Error('no')
      await echo(stream, undefined as never)
    })
    await using session = await connect(url)
    const bad = await session.open({ headers: { 'x-fail': 1 } })
    expect(await bad.closed).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
    expect(await echoed(session)).toBe('hello')
  })
})
