import http from 'node:http'
import { finished, PassThrough, pipeline, Readable } from 'node:stream'
import { pipeline as pipelineOf } from 'node:stream/promises'
import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { answerOf, ask, opened } from '../ask.test.kit.js'
import { requestOf } from '../pair.test.kit.js'
import { nodePair, nodeStage, once } from './node.test.kit.js'

describe('the response', () => {
  test('is an http.ServerResponse that answers with what it was told', async () => {
    const { client } = nodePair((_req, res) => {
      res.statusCode = 201
      res.statusMessage = 'Made'
      res.setHeader('X-One', ['1', '2'])
      res.appendHeader('x-one', '3')
      expect(res).toBeInstanceOf(http.ServerResponse)
      expect(res.headersSent).toBe(false)
      res.end('body')
      expect(res).toMatchObject({ headersSent: true, writableEnded: true })
    })
    const { headers, text } = await ask(client)
    expect(headers.get(':status')).toBe('201 Made')
    expect(headers.getAll('x-one')).toEqual(['1', '2', '3'])
    expect(headers.get('content-length')).toBe('4')
    expect(headers.get('date')).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
    expect(text).toBe('body')
  })

  const heads: [string, (res: http.ServerResponse) => void][] = [
    ['an object', (res) => res.writeHead(202, { 'X-A': '1', 'x-b': [' 2 ', '3'] })],
    ['a list', (res) => res.writeHead(202, ['X-A', '1', 'x-b', '2', 'x-b', '3'])],
    ['a list of pairs', (res) => res.writeHead(202, [['X-A', '1'], ['x-b', '2'], ['x-b', '3']] as never)], // biome-ignore format: a row
    ['set before', (res) => res.setHeader('x-b', ['2', '3']).writeHead(202, { 'X-A': '1' })],
  ]
  test.each(heads)('writeHead takes fields as %s', async (_, write) => {
    const { client } = nodePair((_req, res) => {
      write(res)
      res.end()
    })
    const { status, headers } = await ask(client)
    expect(status).toBe(202)
    expect([headers.getAll('x-a'), headers.getAll('x-b')]).toEqual([['1'], ['2', '3']])
  })

  test('S04 fields of one connection are left out, and those that connection names', async () => {
    const { client } = nodePair((_req, res) => {
      res.writeHead(200, {
        Connection: 'close, x-mine',
        'Keep-Alive': 'timeout=5',
        'Transfer-Encoding': 'chunked',
        Upgrade: 'h2c',
        'x-mine': '1',
        'x-yours': '2',
      })
      res.end()
    })
    const { headers } = await ask(client)
    const names = headers.toJSON().map(([name]) => name)
    expect(names.filter((name) => !name.startsWith(':'))).toEqual(['x-yours', 'date'])
  })

  test('S01 a head that may not be sent throws where it is written, and the handler can still answer', async () => {
    const { client } = nodePair((_req, res) => {
      expect(() => res.writeHead(200, { 'x-a': 'a\r\nb' })).toThrow('a field value without control bytes')
      expect(() => res.writeHead(200, { 'bad name': 'a' })).toThrow('a field name')
      expect(() => res.writeHead(200, { 'content-length': 'x' })).toThrow('a content-length')
      expect(() => res.writeHead(700)).toThrow('a status from 200 to 599')
      expect(res.headersSent).toBe(false)
      res.writeHead(200).end('fine')
    })
    expect(await ask(client)).toMatchObject({ status: 200, text: 'fine' })
  })

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('an answer to %s with %i has no body', async (method, status) => {
    const { peer } = await nodeStage((_req, res) => {
      res.statusCode = status
      res.setHeader('etag', '"1"')
      res.end('body')
    })
    await peer.sends(frames.open(1, { headers: requestOf('/', { ':method': method }), end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { etag: '"1"' } })
    await peer.idle()
  })

  test('an answer without body ends with its head', async () => {
    const { peer } = await nodeStage((_req, res) => void res.writeHead(302, { location: '/b' }).end())
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { location: '/b' } })
  })

  test('flushHeaders and an empty write send the head alone', async () => {
    const { peer } = await nodeStage((req, res) => {
      if (req.url === '/flush') res.flushHeaders()
      else res.write('')
    })
    await peer.sends(frames.open(1, { headers: requestOf('/flush'), end: true }))
    await peer.wants({ type: 'reply', id: 1, end: false })
    await peer.sends(frames.open(3, { headers: requestOf('/write'), end: true }))
    await peer.wants({ type: 'reply', id: 3, end: false })
  })

  test('AM-16 write says when it is too much, and drain when there is room again', async () => {
    let drains = 0
    let atFirst: unknown
    const { client } = nodePair((_req, res) => {
      let left = 40
      const more = () => {
        while (left > 0) {
          left -= 1
          if (res.write(Buffer.alloc(50_000, left))) continue
          atFirst ??= { drains, needs: res.writableNeedDrain, written: 40 - left }
          res.once('drain', () => {
            drains += 1
            expect(res.writableNeedDrain).toBe(false)
            more()
          })
          return
        }
        res.end()
      }
      more()
    })
    const { bytes } = await ask(client)
    expect(bytes.length).toBe(2_000_000)
    expect(bytes[0]).toBe(39)
    expect(atFirst).toEqual({ drains: 0, needs: true, written: 2 })
    expect(drains).toBeGreaterThan(10)
  })

  test('AM-15 a slow reader holds the writer back', async () => {
    let written = 0
    const { client, clock } = nodePair((_req, res) => {
      const source = new Readable({
        read() {
          written += 10_000
          this.push(written > 3_000_000 ? null : Buffer.alloc(10_000))
        },
      })
      source.pipe(res)
    })
    const stream = await opened(client)
    await clock.settle()
    expect(written).toBeLessThan(1_000_000)
    expect((await answerOf(stream)).bytes.length).toBe(3_000_000)
  })

  test('finish comes before close, end calls back, and writableFinished says it', async () => {
    const events: string[] = []
    const { client, clock } = nodePair((_req, res) => {
      for (const name of ['prefinish', 'finish', 'close']) res.on(name, () => events.push(name))
      res.write('a', () => events.push('written'))
      res.end('b', () => events.push(`ended ${res.writableFinished}`))
    })
    await ask(client)
    await clock.settle()
    expect(events).toEqual(['prefinish', 'written', 'finish', 'ended true', 'close'])
  })

  test('trailers go out behind the body', async () => {
    const { peer } = await nodeStage((_req, res) => {
      res.writeHead(200, { trailer: 'x-sum' })
      res.write('body')
      res.addTrailers({ 'X-Sum': 'abc' })
      res.end()
    })
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reply', id: 1, headers: { trailer: 'x-sum' } })
    await peer.wantsPayload(1, 'body', { end: false })
    await peer.wants({ type: 'headers', id: 1, headers: { 'x-sum': 'abc' }, end: true })
  })

  test('100-continue is accepted, and interim answers are as good as said', async () => {
    const called: string[] = []
    const { client } = nodePair((req, res) => {
      res.writeContinue(() => called.push('continue'))
      res.writeProcessing()
      res.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => called.push('hints'))
      req.pipe(res)
    })
    const answer = await ask(client, { method: 'POST', headers: { expect: '100-continue' }, body: 'hello' })
    expect(answer).toMatchObject({ status: 200, text: 'hello' })
    expect(called).toEqual(['continue', 'hints'])
  })

  test('S05 a body that is not as long as its content-length resets the stream, and is told', async () => {
    for (const body of ['four', 'sixsix']) {
      const failures: unknown[] = []
      const { peer } = await nodeStage(
        (_req, res) => {
          res.setHeader('content-length', 5)
          res.write(body)
          res.end()
        },
        { onError: (error) => void failures.push(error) },
      )
      await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
      peer.ignores({ type: 'reply' }, { type: 'data', end: false })
      await peer.wants({ type: 'reset', id: 1 })
      expect(failures).toEqual([expect.objectContaining({ blame: 'application' })])
    }
  })

  test.each([
    ['req', (req: http.IncomingMessage) => req.destroy()],
    ['res', (_: http.IncomingMessage, res: http.ServerResponse) => res.destroy()],
    ['socket', (req: http.IncomingMessage) => req.socket.destroy()],
  ])('destroying %s resets the stream with CANCEL and closes both', async (_, destroy) => {
    const events: string[] = []
    const { peer, clock } = await nodeStage((req, res) => {
      req.on('close', () => events.push('req'))
      res.on('close', () => events.push('res'))
      res.write('x')
      destroy(req, res)
    })
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    peer.ignores({ type: 'reply' })
    await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
    await clock.settle()
    expect(events.sort()).toEqual(['req', 'res'])
  })

  test('pipeline into it resets the stream when its source fails', async () => {
    const failures: (string | undefined)[] = []
    const { peer } = await nodeStage((_req, res) => {
      const source = new PassThrough()
      source.write('some')
      pipeline(source, res, (error) => failures.push(error?.message))
      setImmediate(() => source.destroy(new Error('disk')))
    })
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    peer.ignores({ type: 'reply' }, { type: 'data' })
    await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
    expect(failures).toEqual(['disk'])
  })

  test('pipeline out of the request that fails leaves the response to be given', async () => {
    const { client } = nodePair((req, res) => {
      const sink = new PassThrough()
      pipeline(req, sink, (error) => res.writeHead(507 as never).end(error?.message))
      sink.destroy(new Error('full'))
    })
    const stream = await opened(client, { method: 'POST' }, false)
    await stream.write('x')
    expect(await answerOf(stream)).toMatchObject({ status: 507, text: 'full' })
  })

  test('pipeline from request to response settles when the answer is whole', async () => {
    const events: string[] = []
    const { client } = nodePair(async (req, res) => {
      await pipelineOf(req, res)
      events.push('piped')
    })
    expect((await ask(client, { method: 'POST', body: 'hello' })).text).toBe('hello')
    expect(events).toEqual(['piped'])
  })

  test('stream.finished sees its end, and a client that goes away', async () => {
    const errors: unknown[] = []
    const { client, clock } = nodePair((req, res) => {
      finished(res, (error) => errors.push((error as NodeJS.ErrnoException | null)?.code))
      if (req.url === '/end') res.end('x')
    })
    await ask(client, { path: '/end' })
    const stream = await opened(client, { path: '/hang' })
    await clock.settle()
    stream.reset()
    await clock.settle()
    expect(errors).toEqual([undefined, 'ERR_STREAM_PREMATURE_CLOSE'])
  })

  test('a write to a client that is gone calls back with an error', async () => {
    let told: Promise<unknown[]> | undefined
    const { client, clock } = nodePair(async (_req, res) => {
      await once(res, 'close')
      told = new Promise((resolve) => {
        expect(res.write('x', (error) => resolve([error]))).toBe(false)
      })
      res.end()
    })
    const stream = await opened(client)
    await clock.settle()
    stream.reset()
    await clock.settle()
    expect(await told).toEqual([expect.objectContaining({ code: 'ERR_STREAM_DESTROYED' })])
  })
})
