// docs/messages.md: every mailbox and every message, from `engine/src/messages.ts`.
import { interfacesOf } from '../sources.mjs'
import { code, MADE, sentence, table } from './markdown.mjs'

const SOURCE = 'packages/engine/src/messages.ts'

export function messagesPage() {
  const mailboxes = interfacesOf(SOURCE).filter(({ name }) => name.endsWith('Mailbox'))
  const sections = mailboxes.map(({ name, comment, members }) => {
    const rows = members.map(({ name: message, type, comment: line }) => {
      const [from, ancestor, meaning, ...rest] = line.split(' | ')
      if (meaning === undefined || rest.length > 0) {
        throw new Error(
          `${SOURCE}: ${name}.${message}: expected a comment 'from | ancestor | meaning', got '${line}'`,
        )
      }
      const carries = type === 'object' ? '' : code(type.replace(/readonly /g, '').replace(/^\{ | \}$/g, ''))
      return [code(message), from, ancestor === '–' ? '' : code(ancestor), meaning, carries]
    })
    return `## ${sentence(comment).replace(/\.$/, '')}\n\n${table(['message', 'from', 'ancestor', 'meaning', 'carries'], rows)}\n`
  })
  return `${MADE}# Messages

Everything an actor can be told, from [\`messages.ts\`](../${SOURCE}). A message announces an edge; it carries no bytes,
and where it says *flag* not even a number. *Ancestor* is the channel of the Go design these words come from.

${sections.join('\n')}`
}
