/** For whom does a session speak? Asked anew at each use: what it was made for does not become somebody else's (S11). */
import { unsendable } from './faults.js'

/**
 * Origins, as `https://example.test:8443`, that may be asked over a session beside its client's own; or a function that
 * decides alone, each time, e.g. by the certificate that was shown; or `any`, which a forward proxy is, and who tests.
 */
export type SpeaksFor = 'any' | readonly (string | URL)[] | ((origin: string) => boolean)

/** @param own the origin that the session was made for, if it was for one */
export function speaksFor(
  allowed: SpeaksFor | undefined,
  own: string | URL | undefined,
  origin: string,
): boolean {
  if (allowed === 'any') return true
  if (typeof allowed === 'function') return allowed(origin) === true
  const all = own === undefined ? (allowed ?? []) : [own, ...(allowed ?? [])]
  return all.some((one) => new URL(one).origin === origin)
}

/**
 * The origin of a scheme and an authority as the URL standard writes it: in lower case, the scheme's own port left out.
 *
 * @throws PlexusError (scope `request`, not processed) for what is no host
 */
export function originAt(scheme: string, authority: string): string {
  try {
    const { origin, host, username, pathname } = new URL(`${scheme}://${authority}`)
    if (host !== '' && username === '' && pathname === '/') return origin
  } catch (cause) {
    throw unsendable('a host and perhaps a port', cause)
  }
  throw unsendable('a host and perhaps a port')
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { http: ':80', https: ':443' }

/** The same of a head that was read, which has been looked at already: cheap, and never throws. */
export function originOf(scheme: string, authority: string): string {
  const own = DEFAULT_PORT[scheme]
  const host = authority.toLowerCase()
  return `${scheme}://${own !== undefined && host.endsWith(own) ? host.slice(0, -own.length) : host}`
}

/** Nothing was sent: another session may be asked. */
export function notSpokenFor(origin: string): Error {
  return unsendable(`an origin that this session is for, got ${origin}; 'speaksFor' says more`)
}
