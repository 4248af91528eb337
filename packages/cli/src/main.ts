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
import { isUsageError } from './console/usage.js'

/**
 * The `plexus` command.
 *
 * @param argv as `process.argv`
 * @param version what `--version` says
 * @returns the exit code: 0 only if all went well, 1 if something failed, 2 for a command line that makes no sense, 22 for
 * a status of 400 or more with `get --fail`, 130 if a second signal cut the work off
 */
export async function main(
  argv: readonly string[],
  io: Io = processIo(),
  version = 'unknown',
): Promise<number> {
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
    await program(setting).version(version).parseAsync(argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : USAGE
    io.note(`plexus: ${explain(error)}`)
    return isUsageError(error) ? USAGE : FAILURE
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
