import http from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { answerOf, ask, opened } from '../ask.test.kit.js'
import { pairOf, requestOf } from '../pair.test.kit.js'
import { nodePair, nodeStage } from './node.test.kit.js'
import { type NodeListener, nodeHandler } from './node-handler.js'

describe('the request', () => {
  test('is an http.IncomingMessage that says what the head says', async () => {
    let seen: http.IncomingMessage | undefined
    const { client } = nodePair((req, res) => {
      seen = req
      res.end()
    })
    await ask(client, { path: '/a?b=c', headers: { 'x-one': '1', cookie: 'a=1' } })
    expect(seen).toBeInstanceOf(http.IncomingMessage)
    expect(seen).toMatchObject({ method: 'GET', url: '/a?b=c', httpVersion: '1.1', httpVersionMajor: 1 })
    expect(seen?.headers).toEqual({ host: 'example.test', 'x-one': '1', cookie: 'a=1' })
    expect(seen?.rawHeaders.slice(0, 2)).toEqual(['host', 'example.test'])
    expect(seen?.headersDistinct['x-one']).toEqual(['1'])
  })

  test('S10 a field named __proto__ is a field, and changes nothing', async () => {
    let seen: http.IncomingMessage | undefined
    const { client } = nodePair((req, res) => {
      seen = req
      res.end()
    })
    await ask(client, { headers: { ['__proto__']: 'x', constructor: 'y' } })
    expect(seen?.rawHeaders).toEqual(expect.arrayContaining(['__proto__', 'x', 'constructor', 'y']))
    expect(Object.entries(seen!.headers)).toEqual([
      ['host', 'example.test'],
      ['constructor', 'y'],
    ])
    expect(typeof seen?.headers.toString).toBe('function')
  })

  test('its socket says where the peer is, from the connection if it is known', async () => {
    const seen: unknown[] = []
    const listener: NodeListener = (req, res) => {
      const { remoteAddress, remotePort, remoteFamily, encrypted } = req.socket as never
      seen.push({ remoteAddress, remotePort, remoteFamily, encrypted })
      res.end()
    }
    const connection = { remoteAddress: '192.0.2.7', remotePort: 4711, encrypted: false as never }
    await ask(pairOf(nodeHandler(listener, { connectionOf: () => connection })).client)
    await ask(nodePair(listener).client)
    expect(seen).toEqual([
      { remoteAddress: '192.0.2.7', remotePort: 4711, remoteFamily: 'IPv4', encrypted: false },
      { remoteAddress: undefined, remotePort: undefined, remoteFamily: undefined, encrypted: true },
    ])
  })

  test('AM-19 its body comes before the end of the upload', async () => {
    const { client } = nodePair((req, res) => {
      req.on('data', (chunk: Buffer) => res.write(`<${chunk}>`))
      req.on('end', () => res.end('.'))
    })
    const stream = await opened(client, { method: 'POST' }, false)
    await stream.write('one')
    expect(new TextDecoder().decode(await stream.read())).toBe('<one>')
    await stream.write('two', { end: true })
    expect((await answerOf(stream)).text).toBe('<two>.')
  })

  test('AM-17 who does not read holds the client back, and gets all of it later', async () => {
    let go!: () => void
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const { client, clock } = nodePair(async (req, res) => {
      await gate
      let size = 0
      for await (const chunk of req) size += chunk.length
      res.end(`${size}`)
    })
    const stream = await opened(client, { method: 'POST' }, false)
    let isWritten = false
    const write = stream.write(new Uint8Array(2_000_000), { end: true }).then(() => {
      isWritten = true
    })
    await clock.settle()
    expect(isWritten).toBe(false)
    go()
    await write
    expect((await answerOf(stream)).text).toBe('2000000')
  })

  test('AM-26 its trailers are there at the end', async () => {
    const { peer } = await nodeStage((req, res) => {
      req.resume().on('end', () => res.end(JSON.stringify([req.trailers, req.rawTrailers, req.complete])))
    })
    await peer.sends(
      frames.open(1, { headers: requestOf('/', { ':method': 'POST' }) }),
      frames.data(1, 'x'),
      frames.headers(1, { 'x-sum': 'abc' }, { end: true }),
    )
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, '[{"x-sum":"abc"},["x-sum","abc"],true]', { end: true })
  })

  test('a client that goes away in the middle shows as aborted, error and close', async () => {
    const events: string[] = []
    let error: NodeJS.ErrnoException | undefined
    const { peer, clock } = await nodeStage((req, res) => {
      for (const name of ['aborted', 'close', 'end']) req.on(name, () => events.push(`req ${name}`))
      req.on('error', (came) => {
        events.push('req error')
        error = came
      })
      res.on('close', () => events.push('res close'))
      res.on('finish', () => events.push('res finish'))
      req.resume()
    })
    await peer.sends(
      frames.open(1, { headers: requestOf('/', { ':method': 'POST' }) }),
      frames.data(1, 'x'),
      frames.reset(1, 'CANCEL'),
    )
    await clock.settle()
    // The handler runs at the end of the turn; a stream reset in the same turn it never sees.
    expect(events).toEqual([])
    await peer.sends(frames.open(3, { headers: requestOf('/', { ':method': 'POST' }) }), frames.data(3, 'x'))
    await peer.sends(frames.reset(3, 'CANCEL'))
    await clock.settle()
    expect([...events].sort()).toEqual(['req aborted', 'req close', 'req error', 'res close'])
    expect(error).toMatchObject({ code: 'ECONNRESET', message: 'aborted', cause: { code: 'CANCEL' } })
  })

  test('without listeners for errors a client that goes away ends nothing', async () => {
    let request: http.IncomingMessage | undefined
    const { peer, clock } = await nodeStage((req) => {
      request = req
    })
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    await peer.sends(frames.reset(1, 'CANCEL'))
    await clock.settle()
    expect(request).toMatchObject({ aborted: true, destroyed: true })
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', token: 1 })
  })

  test('S05 a body shorter than announced is an abort, never an end', async () => {
    const events: string[] = []
    const { peer } = await nodeStage((req, res) => {
      req.on('end', () => events.push('end'))
      req.on('error', (error) => {
        events.push(`error ${(error.cause as Error).message}`)
        res.destroy()
      })
      req.resume()
    })
    await peer.sends(
      frames.open(1, { headers: requestOf('/', { ':method': 'POST', 'content-length': '5' }) }),
      frames.data(1, 'four', { end: true }),
    )
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    expect(events).toEqual(['error expected 5 bytes of body, 4 came'])
  })

  test('a loop over it that is left early leaves the response to be given, as in Node', async () => {
    const { client } = nodePair(async (req, res) => {
      for await (const chunk of req) {
        res.end(`enough of ${chunk}`)
        break
      }
    })
    const stream = await opened(client, { method: 'POST' }, false)
    await stream.write('x')
    expect((await answerOf(stream)).text).toBe('enough of x')
  })

  test('what nobody reads of it is dropped behind the answer, and above 1 MiB cancelled', async () => {
    const { client, clock } = nodePair((_req, res) => void res.end('no'))
    const short = await opened(client, { method: 'POST' }, false)
    await short.write(new Uint8Array(600_000), { end: true })
    expect((await answerOf(short)).text).toBe('no')
    expect(await short.closed).toBeUndefined()
    const long = await opened(client, { method: 'POST' }, false)
    const writing = long.write(new Uint8Array(5_000_000)).catch((error: unknown) => error)
    expect((await answerOf(long)).text).toBe('no')
    expect(await writing).toMatchObject({ code: 'CANCEL', blame: 'peer' })
    await clock.settle()
    expect(client.streamCount).toBe(0)
  })
})
