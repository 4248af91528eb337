import { meterTime, type Workload } from '../workload.js'

const BALL = Buffer.alloc(64, 'plexus')

/** 64 bytes to and fro on one open stream. */
export const pingPong: Workload = {
  name: 'ping-pong',
  kind: 'pingPong',
  title: '64 B to and fro on one open stream',
  figures: [
    { name: 'rate', unit: 'round trips/s' },
    { name: 'cpu', unit: 'CPU µs/round trip' },
  ],
  async run(bench) {
    const stream = await bench.client.open('echo')
    let missing = BALL.length
    stream.on({
      data(bytes) {
        bench.tally.received += bytes.length
        missing -= bytes.length
        if (missing > 0) return
        missing = BALL.length
        stream.write(BALL)
      },
    })
    stream.write(BALL)
    const { us, server } = await meterTime(bench)
    const trips = us.received / BALL.length
    return { rate: trips / (us.at / 1000), cpu: ((us.cpuMs + server.cpuMs) * 1000) / trips }
  },
}
