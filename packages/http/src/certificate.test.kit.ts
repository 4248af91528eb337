import { generate } from 'selfsigned'

/** A certificate for 127.0.0.1 that vouches for itself, and its key. */
export async function certificate(
  name = 'localhost',
): Promise<{ readonly key: string; readonly cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: name },
        ],
      },
    ],
  })
  return { key, cert }
}
