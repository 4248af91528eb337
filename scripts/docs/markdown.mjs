// Markdown, as far as the made pages need it.

/** Stands at the top of every made page. */
export const MADE = '<!-- Made from the code by `npm run docs`. Do not edit. -->\n\n'

/** @param {string[]} heads @param {string[][]} rows */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')

export const code = (text) => `\`${text}\``

/** With a capital at the front and a stop at the end. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?:]$/.test(whole) ? whole : `${whole}.`
}
