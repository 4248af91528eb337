/** What may a header list be? RFC 9113 §8.1 to §8.3, §8.5, RFC 8441 §4. Whatever breaks a rule is malformed. */

/** A name on the wire: a token without upper case (§8.2.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/

/** §8.2.1: no NUL, CR, LF anywhere, no blank at the edges; and nothing that is no byte, which none that came is. */
const BAD_VALUE = /[\0\r\n\u0100-\uffff]|^[ \t]|[ \t]$/

/** §8.3.2: three digits; 101 has no meaning here (§8.6). */
const STATUS = /^[1-5][0-9]{2}$/

/** §8.2.2: fields that speak of one connection. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** What is wrong with a request's fields; undefined if nothing is. */
export function faultOfRequest(flat: readonly string[], allowsProtocol: boolean): string | undefined {
  let method: string | undefined
  let scheme: string | undefined
  let path: string | undefined
  let authority: string | undefined
  let protocol: string | undefined
  let at = 0
  for (; at < flat.length && isPseudo(flat[at]!); at += 2) {
    const name = flat[at]!
    const value = flat[at + 1]!
    let earlier: string | undefined
    if (name === ':method') [earlier, method] = [method, value]
    else if (name === ':scheme') [earlier, scheme] = [scheme, value]
    else if (name === ':path') [earlier, path] = [path, value]
    else if (name === ':authority') [earlier, authority] = [authority, value]
    else if (name === ':protocol' && allowsProtocol) [earlier, protocol] = [protocol, value]
    else return `no '${shown(name)}' in a request`
    if (earlier !== undefined) return `one '${name}', a second came`
    if (value === '' ? name !== ':authority' : BAD_VALUE.test(value)) return badPseudo(name, value)
  }
  if (method === undefined) return `':method' in a request, it has none`
  if (method === 'CONNECT' && protocol === undefined) {
    if (scheme !== undefined || path !== undefined) return `CONNECT without ':scheme' and ':path'`
    if (authority === undefined) return `CONNECT with ':authority', it has none`
  } else {
    if (protocol !== undefined && method !== 'CONNECT') return `':protocol' with CONNECT only`
    if (scheme === undefined) return `':scheme' in a request, it has none`
    if (path === undefined) return `':path' in a request, it has none`
    if (protocol !== undefined && authority === undefined) return `CONNECT with ':authority', it has none`
  }
  return faultOfFields(flat, at)
}

/** The same for a response, interim ones too. */
export function faultOfResponse(flat: readonly string[]): string | undefined {
  const status = flat[1]
  if (flat[0] !== ':status' || status === undefined) {
    return isPseudo(flat[0] ?? '')
      ? `no '${shown(flat[0]!)}' in a response`
      : `':status' first, it is not there`
  }
  if (!STATUS.test(status) || status === '101')
    return `a ':status' of three digits and not 101, got '${shown(status)}'`
  return faultOfFields(flat, 2)
}

/** The same for trailers, and for all that is not pseudo (§8.1: none of them in trailers). */
export function faultOfFields(flat: readonly string[], from = 0): string | undefined {
  for (let at = from; at < flat.length; at += 2) {
    const name = flat[at]!
    const value = flat[at + 1]!
    if (!NAME.test(name)) {
      if (isPseudo(name)) return `no '${shown(name)}' here`
      return `a field name of lower-case token characters, got '${shown(name)}'`
    }
    if (BAD_VALUE.test(value))
      return `a value without NUL, CR, LF and blanks at its edges in '${shown(name)}'`
    if (OF_CONNECTION.has(name)) return `no '${name}', which speaks of one connection`
    if (name === 'te' && value.toLowerCase() !== 'trailers')
      return `'te' to say 'trailers', got '${shown(value)}'`
  }
  return undefined
}

export const isPseudo = (name: string): boolean => name.charCodeAt(0) === 0x3a

/** What came from the wire, short and harmless enough for an error's message. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text).slice(1, -1)
}

function badPseudo(name: string, value: string): string {
  return value === '' ? `'${name}' not to be empty` : `'${name}' without NUL, CR, LF and blanks at its edges`
}
