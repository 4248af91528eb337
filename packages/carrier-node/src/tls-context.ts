/** What may stand in a TLS context, and what of it is not for the caller to say. */
import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { LIMITS } from '@plexus/contract'
import { badArgument } from './errors.js'

/** Keys, certificates and what is trusted, as `node:tls` takes them. */
export interface TlsContextOptions
  extends Pick<SecureContextOptions, 'key' | 'cert' | 'ca' | 'crl' | 'pfx' | 'passphrase' | 'ciphers'> {
  /** Default TLSv1.2; older ones are not spoken. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /** Default TLSv1.3. */
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
}

/** How long a TLS handshake may take, ms (L13). */
export const HANDSHAKE_MS = LIMITS.tlsHandshakeTimeoutMs.value

/** The options for Node: TLS 1.2 and newer, and no handshake after the first (B16). */
export function contextOptions(options: TlsContextOptions): SecureContextOptions {
  const { key, cert, ca, crl, pfx, passphrase, ciphers, minVersion, maxVersion } = options
  return {
    ...given({ key, cert, ca, crl, pfx, passphrase, ciphers }),
    minVersion: minVersion === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
    maxVersion: maxVersion === 'TLSv1.2' ? 'TLSv1.2' : 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
}

/** @throws PlexusError (scope `request`, blame `application`) for keys and certificates that cannot be used. */
export function secureContext(what: string, options: TlsContextOptions): SecureContext {
  try {
    return createSecureContext(contextOptions(options))
  } catch (cause) {
    throw badArgument(what, cause)
  }
}

/** A context that the caller made may allow more than ours. @returns what is wrong; undefined if nothing is */
export function weakness(socket: TLSSocket): Error | undefined {
  const version = socket.getProtocol()
  if (version === 'TLSv1.2' || version === 'TLSv1.3') return undefined
  return Object.assign(new Error(`expected TLSv1.2 or newer, got ${version}`), {
    code: 'ERR_TLS_PROTOCOL_VERSION',
  })
}

/** B16: a handshake after the first ends the connection. TLS 1.3 knows none. */
export function refuseRenegotiation(socket: TLSSocket): void {
  if (socket.getProtocol() === 'TLSv1.3') return
  socket.disableRenegotiation()
  socket.once('secure', () => socket.destroy(new Error('expected one handshake, the peer began another')))
}

/** Node takes an option that is there and undefined for one that is given. */
export function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}
