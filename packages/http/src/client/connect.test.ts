import { createServer, connect as dial } from 'node:net'
import { expect, test } from '@jest/globals'
import { listen, sessionOn } from 'plexus/node'
import { certificate } from '../certificate.test.kit.js'
import { httpStreams } from '../server/serve.js'
import { createServer as createHttpServer } from '../server/server.js'
import { connectClient } from './connect.js'
import { connectHttp } from './connect-http.js'
import { HttpClient } from './http-client.js'

test('AM-2 AM-3 a client that dialled makes requests to its host', async () => {
  const streams = httpStreams(async (exchange) => {
    const { authority, path, scheme } = exchange.request
    await exchange.end(`${scheme}://${authority}${path}`)
  })
  await using server = await listen('spdy+tcp://127.0.0.1:0', {}, streams)
  await using client = await connectClient(server.url, { timeoutMs: 5000 })
  const { status, contentLength, text } = await client.do({ path: '/a?b' })
  const url = server.url.replace('spdy+tcp', 'http')
  expect(status).toBe(200)
  expect(text()).toBe(`${url}/a?b`)
  expect(contentLength).toBe(text().length)
  expect(await client.ping(5000)).toBe(true)
  expect(await (await client.fetch('/c')).text()).toBe(`${url}/c`)
})

test('AM-2 a client stands on a connection that is there already', async () => {
  const streams = httpStreams(() => {})
  await using server = await listen('spdy+tcp://127.0.0.1:0', {}, streams)
  const socket = dial({ host: '127.0.0.1', port: server.port! })
  const session = sessionOn(socket, { codec: 'spdy', role: 'client' })
  await using client = new HttpClient(session, { origin: 'http://h.test' })
  expect(await client.do({ path: '/' })).toMatchObject({ status: 200, contentLength: 0 })
})

test('AM-2 a port where nobody listens is an error of the carrier, and nothing was processed', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  await expect(connectClient(`spdy+tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
    name: 'PlexusError',
    blame: 'carrier',
    code: 'CONNECTION_LOST',
  })
})

test('S11 a connection speaks for its origin and whom the certificate covers, at its port, and unlooked at for its origin alone', async () => {
  const pem = await certificate('covered.test')
  const server = createHttpServer({ exchange: () => {} })
  const { url, port } = await server.listenTLS(pem)
  const spokenFor = async (options: object) => {
    const { session, speaksFor } = await connectHttp(url, options)
    await session!.close()
    return [
      url,
      `https://covered.test:${port}`,
      `https://other.test:${port}`,
      `http://covered.test:${port}`,
      'https://covered.test',
    ].filter((origin) => speaksFor!(origin))
  }
  expect(await spokenFor({ ca: pem.cert })).toEqual([url, `https://covered.test:${port}`])
  expect(await spokenFor({ rejectUnauthorized: false })).toEqual([url])
  await server.close()
})
