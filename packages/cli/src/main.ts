import { Command, CommanderError } from 'commander'
import { addCharts } from './commands/charts.js'
import { FAILURE, type Setting, SUCCESS, USAGE } from './commands/command.js'
import { addEcho } from './commands/echo.js'
import { addGet } from './commands/get.js'
import { addProbe } from './commands/probe.js'
import { addProxy } from './commands/proxy.js'
import { addServe } from './commands/serve.js'
import { explain } from './console/explain.js'
import { type Io, processIo } from './console/io.js'

/**
 * The `plexus` command.
 *
 * @param argv as `process.argv`
 * @returns the exit code: 0 only if all went well, 1 if something failed, 2 for a command line that makes no sense, 130
 * if a second signal cut the work off
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let code = SUCCESS
  const setting: Setting = {
    io,
    end(result) {
      code = result
    },
  }
  // A peer that ended its half leaves a socket that keeps no process alive, and our timers do not either.
  const alive = setInterval(() => {}, LONG_MS)
  try {
    await program(setting).parseAsync(argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : USAGE
    io.note(`plexus: ${explain(error)}`)
    return FAILURE
  } finally {
    clearInterval(alive)
  }
}

const LONG_MS = 1_000_000_000

function program(setting: Setting): Command {
  const { io } = setting
  const program = new Command('plexus')
    .description('many streams over one connection')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.note(text.trimEnd()),
    })
  for (const add of [addServe, addGet, addProxy, addEcho, addProbe, addCharts]) add(program, setting)
  return program
}
