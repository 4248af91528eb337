import { draw } from '@plexus/chart'
import { machines } from '@plexus/engine'
import { httpMachines } from '@plexus/http/node'
import { type AddCommand, SUCCESS } from './command.js'

interface ChartsOptions {
  readonly mermaid?: true
  readonly json?: true
}

export const addCharts: AddCommand = (program, { io, end }) => {
  program
    .command('charts')
    .description('print the state charts that run, as Mermaid')
    .option('--mermaid', 'the drawings alone, each in a fence of its own (default: with a heading)')
    .option('--json', 'one JSON object a line: name, drawing, definition')
    .action((options: ChartsOptions) => {
      for (const [name, machine] of Object.entries({ ...machines, ...httpMachines })) {
        const mermaid = draw(machine)
        if (options.json) io.out(JSON.stringify({ name, mermaid, definition: machine.definition }))
        else io.out(`${options.mermaid ? '' : `## ${name}\n\n`}\`\`\`mermaid\n${mermaid.trimEnd()}\n\`\`\`\n`)
      }
      end(SUCCESS)
    })
}
