import { generate } from 'selfsigned'

/** A certificate that vouches for itself, and its key. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** For 127.0.0.1 and the names. */
export async function certificateFor(...names: string[]): Promise<Certificate> {
  const altNames = [
    { type: 7 as const, ip: '127.0.0.1' },
    ...names.map((value) => ({ type: 2 as const, value })),
  ]
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] ?? 'test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  })
  return { key, cert }
}
