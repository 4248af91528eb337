import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { answerOf, ask, opened } from '../ask.test.kit.js'
import { requestOf } from '../pair.test.kit.js'
import { nodePair, nodeStage, once } from './node.test.kit.js'

describe('the handler', () => {
  test('DM-20 one that throws or rejects before the answer is a 500, and is told', async () => {
    const failures: unknown[] = []
    const { client } = nodePair(
      async (req) => {
        throw new Error(`no ${req.url}`)
      },
      { onError: (error) => void failures.push((error as Error).message) },
    )
    expect((await ask(client, { path: '/a' })).status).toBe(500)
    const { client: other } = nodePair(
      (req, res) => {
        res.writeHead(200)
        throw new Error(`no ${req.url}`)
      },
      { onError: (error) => void failures.push((error as Error).message) },
    )
    expect((await ask(other, { path: '/b' })).status).toBe(500)
    expect(failures).toEqual(['no /a', 'no /b'])
  })

  test('DM-20 one that throws in the middle of the answer resets it', async () => {
    const { peer } = await nodeStage(async (_req, res) => {
      res.write('half')
      await once(res, 'drain').catch(() => {})
    })
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, 'half', { end: false })
    const { peer: second } = await nodeStage(async (_req, res) => {
      res.write('half')
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('no')
    })
    await second.sends(frames.open(1, { headers: requestOf(), end: true }))
    second.ignores({ type: 'reply' }, { type: 'data' })
    await second.wants({ type: 'reset', id: 1, code: 'INTERNAL_ERROR' })
  })

  test('B11 one that ends its answer twice, or writes behind the end, is told and harms nobody', async () => {
    const failures: unknown[] = []
    const { client } = nodePair(
      (_req, res) => {
        res.end('once')
        res.end('twice')
        res.write('more')
      },
      { onError: (error) => void failures.push((error as NodeJS.ErrnoException).code) },
    )
    expect(await ask(client)).toMatchObject({ status: 200, text: 'once' })
    expect(await ask(client)).toMatchObject({ status: 200, text: 'once' })
    expect(failures).toEqual(['ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_WRITE_AFTER_END'])
  })

  test('one that answers later, from a callback, has its stream until then', async () => {
    const { client } = nodePair((_req, res) => {
      setImmediate(() => setImmediate(() => res.end('late')))
    })
    expect((await ask(client)).text).toBe('late')
  })

  test('CONNECT is not for it', async () => {
    const { client } = nodePair((_req, res) => void res.end())
    const headers = { ':method': 'CONNECT', ':path': 'a.test:443', ':host': 'a.test:443' }
    const stream = await client.open({ headers: requestOf('/', headers), end: true })
    expect((await answerOf(stream)).status).toBe(501)
  })

  test('a time-out is told to who listens, and otherwise ends the stream', async () => {
    const { client } = nodePair((req, res) => {
      if (req.url === '/listen') res.setTimeout(1, () => res.end('slow'))
      else req.setTimeout(1)
    })
    expect((await ask(client, { path: '/listen' })).text).toBe('slow')
    const stream = await opened(client, { path: '/end' })
    expect(await stream.closed).toMatchObject({ code: 'CANCEL', blame: 'peer' })
  })

  test('B19 that hangs beyond its time is answered for, hears of it, and leaves its place', async () => {
    const events: string[] = []
    const timeout = { ms: 5_000, clock: undefined as never }
    const { peer, clock, session } = await nodeStage(
      (req, res) => {
        if (req.url !== '/hang') return res.end('next')
        req.on('aborted', () => events.push('req aborted'))
        res.on('close', () => events.push(`res close ${res.write('late')}`))
      },
      { handlerTimeout: timeout, maxHandlers: 1 },
    )
    Object.assign(timeout, { clock })
    await peer.sends(frames.open(1, { headers: requestOf('/hang', { ':method': 'POST' }) }))
    await clock.advance(5_000)
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { ':status': '503 Service Unavailable' } })
    await clock.settle()
    expect(events).toEqual(['req aborted', 'res close false'])
    peer.ignores({ type: 'reset', id: 1, code: 'CANCEL' })
    await peer.sends(frames.open(3, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reply', id: 3, headers: { ':status': '200 OK' } })
    await peer.wantsPayload(3, 'next', { end: true })
    expect(session.streamCount).toBe(0)
  })

  test('L01 that is at work keeps its place, though its client has gone', async () => {
    const atWork = new Set<() => void>()
    const { peer } = await nodeStage(
      async (_req, res) => {
        await new Promise<void>((resolve) => atWork.add(resolve))
        res.end('late')
      },
      { maxHandlers: 2 },
    )
    for (const id of [1, 3]) {
      await peer.sends(frames.open(id, { headers: requestOf(), end: true }))
      await peer.sends(frames.reset(id))
    }
    expect(atWork.size).toBe(2)
    await peer.sends(frames.open(5, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reset', id: 5, code: 'REFUSED_STREAM' })
    for (const leave of atWork) leave()
    await peer.sends(frames.open(7, { headers: requestOf(), end: true }))
    expect(atWork.size).toBe(3)
  })

  test('nothing is left of a hundred exchanges', async () => {
    const closed: string[] = []
    const { client, server, clock } = nodePair((req, res) => {
      req.on('close', () => closed.push('req'))
      res.on('close', () => closed.push('res'))
      res.end('x')
    })
    await Promise.all(Array.from({ length: 100 }, () => ask(client)))
    await clock.settle()
    expect([client.streamCount, server.streamCount]).toEqual([0, 0])
    expect(closed).toHaveLength(200)
  })
})
