import { connect, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { Acceptor } from './acceptor.js'

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))

async function dial(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  const came = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
  socket.destroy()
  return came
}

test('an accept error shuts the door for a moment and opens the same one again, later each time', async () => {
  const sockets: Socket[] = []
  const acceptor = new Acceptor({ host: '127.0.0.1', port: 0 }, (socket) => sockets.push(socket))
  await acceptor.open()
  const { port } = acceptor.server.address() as { port: number }
  const pauses: number[] = []
  for (let i = 0; i < 4; i++) {
    const since = performance.now()
    acceptor.server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    expect(acceptor.server.listening).toBe(false)
    while (!acceptor.server.listening) await wait(1)
    pauses.push(performance.now() - since)
  }
  for (const [i, ms] of pauses.entries()) expect(ms).toBeGreaterThanOrEqual(5 * 2 ** i - 2)
  expect(await dial(port)).toBe(true)
  while (sockets.length === 0) await wait(1)
  // One that was accepted shows that things are well again.
  const since = performance.now()
  acceptor.server.emit('error', new Error('accept EMFILE'))
  while (!acceptor.server.listening) await wait(1)
  expect(performance.now() - since).toBeLessThan(40)
  acceptor.close()
  expect(await dial(port)).toBe(false)
  for (const socket of sockets) socket.destroy()
})

test('a door that is closed while it is shut stays closed', async () => {
  const acceptor = new Acceptor({ host: '127.0.0.1', port: 0 }, () => undefined)
  await acceptor.open()
  acceptor.server.emit('error', new Error('accept EMFILE'))
  acceptor.close()
  await wait(20)
  expect(acceptor.server.listening).toBe(false)
})
