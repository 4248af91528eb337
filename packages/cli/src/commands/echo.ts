import { listen } from 'plexus/node'
import type { Io } from '../console/io.js'
import { positive } from '../console/options.js'
import { Shutdown } from '../console/shutdown.js'
import { echoService } from '../echo/echo-service.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'
import { drained } from './drained.js'

interface EchoOptions {
  readonly listen: string
  readonly profile?: string
  readonly maxStreams: number
}

export const addEcho: AddCommand = (program, { io, end }) => {
  program
    .command('echo')
    .description('answer the echo contract; prints {"listening":PORT}')
    .requiredOption('--listen <url>', 'where, e.g. spdy+tcp://127.0.0.1:9310')
    .option('--profile <name>', 'spdy31, spdy3 or spdystream')
    .option('--max-streams <n>', 'streams that one session may have open at once', positive, 1000)
    .option('--json', 'stdout has no other lines anyway')
    .action(async (options: EchoOptions) => end(await echo(options, io)))
}

async function echo(options: EchoOptions, io: Io): Promise<number> {
  using shutdown = new Shutdown(io)
  const { profile, maxStreams } = options
  const server = await listen(
    options.listen,
    { profile, limits: { maxInboundStreams: maxStreams } },
    echoService,
  )
  io.out(JSON.stringify({ listening: server.port ?? server.url }))
  return (await drained(server, shutdown)) ? SUCCESS : FAILURE
}
