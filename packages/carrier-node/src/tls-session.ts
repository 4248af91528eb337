import type { SecureContext, TLSSocket } from 'node:tls'
import type { TlsClientOptions } from './tls-connect.js'

/** Under what conditions a certificate was found good: what has to be the same where its session is resumed. */
export interface Trust {
  readonly name: string
  /** `false`: nobody looked at the certificate. */
  readonly isVerified: boolean
  readonly ca: TlsClientOptions['ca']
  readonly crl: TlsClientOptions['crl']
  readonly cert: TlsClientOptions['cert']
  readonly pfx: TlsClientOptions['pfx']
  readonly context: SecureContext | undefined
  readonly check: TlsClientOptions['checkServerIdentity']
}

/** @param name that the certificate has to bear */
export function trustOf(options: TlsClientOptions, name: string): Trust {
  const { ca, crl, cert, pfx, secureContext: context, checkServerIdentity: check } = options
  return { name, isVerified: options.rejectUnauthorized !== false, ca, crl, cert, pfx, context, check }
}

/**
 * What a later connection may resume. In a resumed session neither Node nor OpenSSL look at the peer's certificate again, so this
 * knows what was asked of it, and until when it is good.
 */
export class TlsSession {
  readonly #ticket: Buffer
  readonly #trust: Trust
  readonly #validUntil: number

  private constructor(ticket: Buffer, trust: Trust, validUntil: number) {
    this.#ticket = ticket
    this.#trust = trust
    this.#validUntil = validUntil
  }

  /** Of a whole handshake, in which the certificate was shown. */
  static of(ticket: Buffer, socket: TLSSocket, trust: Trust): TlsSession {
    return new TlsSession(ticket, trust, Date.parse(socket.getPeerCertificate().valid_to))
  }

  /** Undefined where a whole handshake has to look at the certificate (anew). */
  ticketFor(wanted: Trust): Buffer | undefined {
    const had = this.#trust
    if (wanted.isVerified && !(Date.now() < this.#validUntil)) return undefined
    return (Object.keys(had) as (keyof Trust)[]).every((name) => had[name] === wanted[name])
      ? this.#ticket
      : undefined
  }
}
