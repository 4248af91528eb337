/** Whom may a connection over TLS speak for beside its own origin? Those whose names its certificate bears (RFC 9113 §9.1.1). */
import { checkServerIdentity, type TLSSocket } from 'node:tls'

/**
 * @param own the origin that was dialled
 * @returns whether an origin is the dialled one, or another `https:` host at the same port whom the server's certificate
 * covers, while it is good; one that nobody verified, or that a resumed connection did not show, covers nobody
 */
export function speakerOf(socket: TLSSocket, own: string): (origin: string) => boolean {
  const { origin: dialled, port: ownPort } = new URL(own)
  const certificate = socket.authorized ? socket.getPeerCertificate() : undefined
  return (origin) => {
    if (origin === dialled) return true
    if (certificate?.valid_to === undefined || Date.now() >= Date.parse(certificate.valid_to)) return false
    const { protocol, hostname, port } = new URL(origin)
    if (protocol !== 'https:' || port !== ownPort) return false
    return checkServerIdentity(hostname.replace(/^\[(.*)\]$/, '$1'), certificate) === undefined
  }
}
