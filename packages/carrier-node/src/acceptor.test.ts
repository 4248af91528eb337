import { EventEmitter } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { Acceptor, type Later } from './acceptor.js'

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))
const LOCAL = { host: '127.0.0.1', port: 0 }
const accept = (code: string) => Object.assign(new Error(`accept ${code}`), { code })

async function dial(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  const came = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
  socket.destroy()
  return came
}

/** A listener that fails when it is told to, and a clock that stands still. */
class FakeListener extends EventEmitter {
  listening = false
  /** Where it was told to listen, each time. */
  readonly ports: (number | undefined)[] = []
  /** Errors that the next calls of `listen` meet. */
  readonly failures: Error[] = []
  readonly pauses: number[] = []
  due: (() => void) | undefined

  readonly later: Later = (run, ms) => {
    this.pauses.push(ms)
    this.due = run
    return () => {
      this.due = undefined
    }
  }

  listen({ port }: { port?: number }): void {
    this.ports.push(port)
    const failure = this.failures.shift()
    this.listening = failure === undefined
    if (failure === undefined) this.emit('listening')
    else this.emit('error', failure)
  }

  close(): void {
    this.listening = false
  }

  address(): object {
    return { port: 4711 }
  }

  /** The pause is over. */
  go(): void {
    const { due } = this
    this.due = undefined
    due?.()
  }
}

async function faked() {
  const listener = new FakeListener()
  const acceptor = new Acceptor(listener as unknown as Server, LOCAL, listener.later)
  await acceptor.open()
  return { listener, acceptor }
}

test('AM-11 temporary accept errors back off from 5 ms, twice as long each time, to 1 s', async () => {
  const { listener } = await faked()
  for (const code of [
    'EMFILE',
    'ENFILE',
    'ENOBUFS',
    'ENOMEM',
    'ECONNABORTED',
    'EMFILE',
    'EMFILE',
    'EMFILE',
  ]) {
    listener.emit('error', accept(code))
    expect(listener.listening).toBe(false)
    listener.go()
    expect(listener.listening).toBe(true)
  }
  listener.emit('error', accept('EMFILE'))
  listener.go()
  expect(listener.pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1000])
  listener.emit('error', accept('EMFILE'))
  expect(listener.pauses.at(-1)).toBe(1000)
})

test('AM-11 one connection that is accepted makes the next pause the first again', async () => {
  const { listener } = await faked()
  for (let i = 0; i < 3; i++) {
    listener.emit('error', accept('EMFILE'))
    listener.go()
  }
  listener.emit('connection')
  listener.emit('error', accept('EMFILE'))
  expect(listener.pauses).toEqual([5, 10, 20, 5])
})

test('AM-11 a port that is taken in the meantime is tried again, and no other port is', async () => {
  const { listener } = await faked()
  listener.failures.push(accept('EADDRINUSE'), accept('EADDRINUSE'))
  listener.emit('error', accept('EMFILE'))
  for (let i = 0; i < 3; i++) listener.go()
  expect([listener.listening, listener.pauses]).toEqual([true, [5, 10, 20]])
  expect(listener.ports).toEqual([0, 4711, 4711, 4711])
})

test('AM-11 a door that is closed while it is shut stays closed', async () => {
  const { listener, acceptor } = await faked()
  listener.emit('error', accept('EMFILE'))
  acceptor.close()
  expect(listener.due).toBeUndefined()
  listener.emit('error', accept('EMFILE'))
  expect([listener.due, listener.listening]).toEqual([undefined, false])
})

test('AM-11 after an accept error the same port of the system opens again', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket))
  const acceptor = new Acceptor(server, LOCAL)
  await acceptor.open()
  const { port } = server.address() as { port: number }
  const since = performance.now()
  server.emit('error', accept('EMFILE'))
  expect(server.listening).toBe(false)
  while (!server.listening) await wait(1)
  expect(performance.now() - since).toBeGreaterThanOrEqual(3)
  expect(await dial(port)).toBe(true)
  acceptor.close()
  expect(await dial(port)).toBe(false)
  for (const socket of sockets) socket.destroy()
})
