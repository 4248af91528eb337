import { fstatSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { carrierOn } from './stdio-carrier.js'

test('the end of our direction closes the output, and input goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stdio-'))
  const fd = openSync(join(folder, 'out'), 'w')
  const written: string[] = []
  // Like standard output, it does not close its descriptor.
  const output = Object.assign(
    new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) }),
    { fd },
  )
  const input = new PassThrough()
  const carrier = carrierOn(input, output, {})
  const log: string[] = []
  const closed = new Promise<void>((done) => {
    carrier.start({
      receive: (chunk) => log.push(String(chunk)),
      drain: () => undefined,
      end: () => log.push('end'),
      closed: () => done(),
    })
  })
  carrier.write([Buffer.from('a'), Buffer.from('b')])
  expect(() => fstatSync(fd)).not.toThrow()
  carrier.end()
  await new Promise(setImmediate)
  expect(() => fstatSync(fd)).toThrow('EBADF')
  input.end('later')
  await closed
  expect([log, written, carrier.label]).toEqual([['later', 'end'], ['ab'], 'stdio'])
  await rm(folder, { recursive: true })
})
