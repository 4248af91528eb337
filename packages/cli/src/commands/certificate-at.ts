import type { Io } from '../console/io.js'
import { type Certificate, type CertificateFiles, certificateFor } from '../http/certificate.js'
import type { HttpTarget } from '../http/target.js'

/** The certificate for a door of TLS; one that was made for this run is announced. */
export async function certificateAt(
  target: HttpTarget,
  files: CertificateFiles,
  io: Io,
): Promise<Certificate> {
  const certificate = await certificateFor(target.host, files)
  if (certificate.isMade) {
    io.note('made a certificate for this run, which nobody trusts yet; its SHA-256 is')
    io.note(certificate.fingerprint)
  }
  return certificate
}
