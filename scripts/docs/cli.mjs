// docs/cli.md: what the command says of itself.
import { run } from '../workspace.mjs'
import { MADE } from './markdown.mjs'

export function cliPage() {
  const whole = help([])
  const names = [...whole.matchAll(/^ {2}([a-z]+) /gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help')
  const sections = names.map((name) => `## ${name}\n\n\`\`\`text\n${help([name])}\n\`\`\`\n`)
  return `${MADE}# The plexus command

After set-up it is at \`node_modules/.bin/plexus\`. URLs name what is spoken and over what: \`https://127.0.0.1:8443\` and
\`http://…\` as everywhere, \`spdy+tls://127.0.0.1:8443\`, \`spdy+tcp://127.0.0.1:9310\`, \`spdy+unix:/run/plexus.sock\`; where a
URL has no path, the protocol's options stand behind a question mark (\`?profile=spdystream\`). What a program reads goes to stdout
(\`--json\`: one object a line), everything else to stderr. The exit code is 0 only if all went well. An interrupt ends in an
orderly way; a second one ends at once.

${sections.join('\n')}`
}

function help(command) {
  const { ok, output } = run('node', ['packages/cli/bin/plexus.mjs', ...command, '--help'])
  if (!ok) throw new Error(`plexus ${command.join(' ')} --help failed:\n${output}`)
  return output
}
