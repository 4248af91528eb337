/** What do two sides speak who let TLS choose (ALPN)? */
import type { Protocol } from '@plexus/contract'
import type { Address } from './address.js'
import { protocolAt, protocolByAlpn } from './protocols.js'

/** What one side offers at an address, and what each choice means. */
export interface Negotiation {
  /** Names for ALPN, best first. */
  readonly offered: readonly string[]
  /** What is spoken after `name` was chosen; undefined if we speak nothing of that name. */
  spoken(name: string | undefined): Protocol | undefined
  /** What the URL says, spoken where nothing was chosen. */
  readonly otherwise: Protocol
}

/** A URL without a profile lets TLS choose an older form of its protocol too. */
const OLDER_FORMS: ReadonlyMap<string, readonly string[]> = new Map([['spdy', ['spdy/3']]])

/**
 * @param profile goes before the URL's
 * @param names other names than the URL's protocol has; those that no protocol has are offered and not spoken
 */
export function negotiationAt(
  address: Address,
  profile: string | undefined,
  names?: readonly string[],
): Negotiation {
  const otherwise = protocolAt(address, profile)
  const own = otherwise.traits.name
  const isFixed = profile !== undefined || address.parameters.has('profile')
  const older = isFixed ? [] : (OLDER_FORMS.get(address.protocol) ?? [])
  return {
    offered: names ?? [own, ...older],
    spoken(name) {
      if (name === undefined) return undefined
      return name === own ? otherwise : protocolByAlpn(name)
    },
    otherwise,
  }
}
