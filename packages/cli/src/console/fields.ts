import { InvalidArgumentError } from 'commander'

/** Reader of a repeatable `name: value`; what it throws becomes a usage error. */
export function field(text: string, before: [string, string][] = []): [string, string][] {
  const [, name, value] = FIELD.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Expected 'name: value'.")
  return [...before, [name, value]]
}

/** Reader of a method. */
export function method(text: string): string {
  if (!TOKEN.test(text)) throw new InvalidArgumentError('Expected a word like GET.')
  return text
}

/** Reader of a name as HTTP has them. */
export function token(text: string): string {
  if (!TOKEN.test(text)) throw new InvalidArgumentError('Expected a word without spaces.')
  return text
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** RFC 9110 §5: a token, and visible Latin-1 with spaces and tabs inside only. */
const FIELD =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[\t ]*$/
