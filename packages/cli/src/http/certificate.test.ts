import { X509Certificate } from 'node:crypto'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { expect, test } from '@jest/globals'
import { TempDir } from '../test-support/temp-dir.test.kit.js'
import { certificateFor } from './certificate.js'

test('a certificate that is made names the host and this machine, and TLS takes it', async () => {
  const { key, cert, fingerprint, isMade } = await certificateFor('box.test')
  const parsed = new X509Certificate(cert)
  expect({ isMade, fingerprint }).toEqual({ isMade: true, fingerprint: parsed.fingerprint256 })
  for (const host of ['box.test', 'localhost']) expect(parsed.checkHost(host)).toBeDefined()
  for (const ip of ['127.0.0.1', '::1']) expect(parsed.checkIP(ip)).toBeDefined()
  const server = createServer({ key, cert }, (socket) => socket.end('hi'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca: cert })
  let said = ''
  for await (const chunk of socket) said += chunk
  expect(said).toBe('hi')
  server.close()
})

test('no two runs have the same key', async () => {
  const [one, two] = await Promise.all([certificateFor('a'), certificateFor('a')])
  expect(one.fingerprint).not.toBe(two.fingerprint)
})

test('files are read, both or none, and have to be what they should', async () => {
  const made = await certificateFor('127.0.0.1')
  await using dir = await TempDir.make({ cert: made.cert, key: made.key, none: 'none' })
  const cert = dir.at('cert')
  const key = dir.at('key')
  expect(await certificateFor('x', { cert, key })).toEqual({ ...made, isMade: false })
  await expect(certificateFor('x', { cert })).rejects.toThrow('expected --cert and --key together')
  await expect(certificateFor('x', { key })).rejects.toThrow('got --key alone')
  await expect(certificateFor('x', { cert: dir.at('none'), key })).rejects.toThrow(
    'expected a PEM certificate',
  )
  await expect(certificateFor('x', { cert: dir.at('absent'), key })).rejects.toThrow('ENOENT')
})
