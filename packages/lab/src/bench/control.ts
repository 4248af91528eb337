import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { type Sample, takeCleanSample, takeSample } from './sample.js'
import type { Tally } from './service.js'

/** Lets the client process ask the server process for samples, beside the connection that is measured. */
export interface Control {
  sample(): Promise<Sample>
  cleanSample(): Promise<Sample>
}

export async function serveControl(tally: Tally): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    createInterface({ input: socket }).on('line', async (request) => {
      const sample = request === 'clean' ? await takeCleanSample(tally.received) : takeSample(tally.received)
      socket.write(`${JSON.stringify(sample)}\n`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export async function connectControl(port: number): Promise<Control> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  const ask = async (request: string): Promise<Sample> => {
    socket.write(`${request}\n`)
    const answer = await answers.next()
    if (answer.done) throw new Error('the server process is gone')
    return JSON.parse(answer.value) as Sample
  }
  return { sample: () => ask('now'), cleanSample: () => ask('clean') }
}
