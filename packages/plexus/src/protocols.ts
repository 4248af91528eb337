import { http2 } from '@plexus/codec-http2'
import { type SpdyProfile, spdy, TRAITS } from '@plexus/codec-spdy'
import type { Protocol } from '@plexus/contract'
import { type Address, authorityOf } from './address.js'
import { misuse } from './misuse.js'

/**
 * Makes a protocol from what its URL says after the `?`, for a carrier that keeps secrets (TLS) or does not. `authority` is the
 * URL's host and port, `localhost` where it has none; undefined where there is no URL.
 *
 * @throws PlexusError for what it does not know
 */
export type ProtocolFactory = (
  parameters: URLSearchParams,
  isSecure: boolean,
  authority?: string | undefined,
) => Protocol

/** URL scheme (the part before the `+`) → protocol. A program may add its own. */
export const protocols = new Map<string, ProtocolFactory>([
  ['spdy', (parameters) => spdy({ profile: profileOf(parameters, 'spdy31') })],
  ['spdy3', (parameters) => spdy({ profile: profileOf(parameters, 'spdy3') })],
  [
    'h2',
    (parameters, isSecure, authority) =>
      http2({ scheme: isSecure ? 'https' : 'http', authority, ...http2OptionsOf(parameters) }),
  ],
])

/** The protocol called `name`, a key of {@link protocols}. @throws PlexusError for a name that is none. */
export function protocolOf(
  name: string,
  parameters = new URLSearchParams(),
  isSecure = false,
  authority?: string,
): Protocol {
  const factory = protocols.get(name)
  if (factory !== undefined) return factory(parameters, isSecure, authority)
  throw misuse(`expected a protocol among ${[...protocols.keys()].join(', ')}, got '${name}'`)
}

/** The protocol that TLS calls `name` (ALPN), e.g. `spdy/3.1`; undefined if none of {@link protocols} does. */
export function protocolByAlpn(name: string): Protocol | undefined {
  for (const factory of protocols.values()) {
    const protocol = factory(new URLSearchParams(), true)
    if (protocol.traits.name === name) return protocol
  }
  return undefined
}

/** The protocol of a URL, with another profile than the URL's if one is given. */
export function protocolAt(address: Address, profile: string | undefined): Protocol {
  const parameters = new URLSearchParams(address.parameters)
  if (profile !== undefined) parameters.set('profile', profile)
  return protocolOf(address.protocol, parameters, address.carrier === 'tls', authorityOf(address))
}

const PROFILES = Object.keys(TRAITS) as SpdyProfile[]

function profileOf(parameters: URLSearchParams, otherwise: SpdyProfile): SpdyProfile {
  for (const name of parameters.keys()) {
    if (name !== 'profile') throw misuse(`expected no parameter of SPDY but 'profile', got '${name}'`)
  }
  const wanted = parameters.get('profile') ?? otherwise
  const profile = PROFILES.find((name) => name === wanted)
  if (profile === undefined) throw misuse(`expected a profile among ${PROFILES.join(', ')}, got '${wanted}'`)
  return profile
}

/** `connect-protocol=1`: a server takes extended CONNECT (RFC 8441). */
function http2OptionsOf(parameters: URLSearchParams): { extendedConnect: boolean } {
  for (const name of parameters.keys()) {
    if (name !== 'connect-protocol') {
      throw misuse(`expected no parameter of HTTP/2 but 'connect-protocol', got '${name}'`)
    }
  }
  const said = parameters.get('connect-protocol') ?? '0'
  if (said !== '0' && said !== '1') throw misuse(`expected connect-protocol=0 or 1, got '${said}'`)
  return { extendedConnect: said === '1' }
}
