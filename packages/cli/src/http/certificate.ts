/** Whom does a server say it is? Files that it was given, or a certificate made for this run. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { generate } from 'selfsigned'
import { UsageError } from '../console/usage.js'

export interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly cert: string
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string
  /** It was made here and is trusted by nobody. */
  readonly isMade: boolean
}

export interface CertificateFiles {
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

const DAY_MS = 86_400_000

/**
 * Reads the files, or makes a certificate for `host` and for this machine that lasts 30 days and is written nowhere.
 *
 * @throws Error for one file without the other, and for files that cannot be read or are none
 */
export async function certificateFor(host: string, files: CertificateFiles = {}): Promise<Certificate> {
  const { cert, key } = files
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError(
      `expected --cert and --key together, got --${cert === undefined ? 'key' : 'cert'} alone`,
    )
  }
  if (cert === undefined || key === undefined) return make(host)
  const [certPem, keyPem] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')])
  return { key: keyPem, cert: certPem, fingerprint: fingerprintOf(certPem, cert), isMade: false }
}

async function make(host: string): Promise<Certificate> {
  const names = new Set(['localhost', '127.0.0.1', '::1', hostname(), host])
  const altNames = [...names].filter((name) => name !== '').map(altName)
  const pems = await generate([{ name: 'commonName', value: 'plexus development' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 30 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  return { key: pems.private, cert: pems.cert, fingerprint: fingerprintOf(pems.cert, 'it'), isMade: true }
}

function altName(name: string): { type: 7; ip: string } | { type: 2; value: string } {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name }
}

function fingerprintOf(pem: string, what: string): string {
  try {
    return new X509Certificate(pem).fingerprint256
  } catch (cause) {
    throw new Error(`expected a PEM certificate in ${what}`, { cause })
  }
}
