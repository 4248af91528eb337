// docs/charts/: the charts that run, drawn from the machines themselves.
import { commentOfConst } from '../sources.mjs'
import { MADE, sentence } from './markdown.mjs'

const SOURCES = {
  session: 'packages/engine/src/session/session.machine.ts',
  stream: 'packages/engine/src/stream/stream.machine.ts',
  outFramer: 'packages/engine/src/out-framer/out-framer.machine.ts',
  keepalive: 'packages/engine/src/session/keepalive.machine.ts',
  connection: 'packages/http/src/client/pool/connection.machine.ts',
  reverse: 'packages/http/src/proxy/reverse.machine.ts',
}

/** @returns {Promise<[string, string][]>} path → page, one for each chart and one that lists them */
export async function chartPages() {
  const { machines } = await import('../../packages/engine/dist/index.js')
  const { draw } = await import('../../packages/chart/dist/index.js')
  const { httpMachines } = await import('../../packages/http/dist/node.js')
  const charts = Object.entries({ ...machines, ...httpMachines }).map(([name, machine]) => {
    const source = SOURCES[name]
    if (source === undefined)
      throw new Error(`scripts/docs/charts.mjs: expected to know where chart '${name}' stands`)
    return {
      name,
      source,
      file: `${kebab(name)}.md`,
      meaning: commentOfConst(source, `${name}Machine`),
      picture: draw(machine),
    }
  })
  return [
    ['docs/charts/README.md', index(charts)],
    ...charts.map((chart) => [`docs/charts/${chart.file}`, page(chart)]),
  ]
}

function index(charts) {
  const lines = charts.map(({ name, file, meaning }) => `- [${name}](${file}): ${firstSentence(meaning)}`)
  return `${MADE}# The charts that run

Drawn from the machines that run, in the engine and in HTTP; a test fails when a picture is not what the code says. See them alive:
[look at the charts](../guides/look-at-the-charts.md).

${lines.join('\n')}
`
}

function page({ name, source, meaning, picture }) {
  return `${MADE}# ${name}

${sentence(meaning)}

The table it is drawn from: [\`${source.split('/').at(-1)}\`](../../${source}).

\`\`\`mermaid
${picture.trim()}
\`\`\`
`
}

const firstSentence = (text) => sentence(text).split(/(?<=[.!?]) /)[0]
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
