import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { pipe } from './pipe.js'

test('what one end writes the other reads, both ways, to the end', async () => {
  const [one, other] = pipe()
  one.end('hello')
  other.end('back')
  expect(Buffer.concat(await other.toArray()).toString()).toBe('hello')
  expect(Buffer.concat(await one.toArray()).toString()).toBe('back')
})

test('an end that is not read holds the other back', async () => {
  const [one, other] = pipe()
  let taken = 0
  const source = Readable.from(
    (function* () {
      for (; taken < 1000; taken++) yield Buffer.alloc(4096)
    })(),
  )
  source.pipe(one)
  await new Promise((resolve) => setImmediate(resolve))
  const held = taken
  expect(held).toBeLessThan(100)
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBe(held)
  let size = 0
  for await (const bytes of other) size += bytes.length
  expect(size).toBe(1000 * 4096)
})

test('a write that is read while it is pushed is not forgotten', async () => {
  const [one, other] = pipe()
  other.once('data', () => other.pause())
  one.write('first')
  await new Promise((resolve) => setImmediate(resolve))
  one.end('second')
  expect(Buffer.concat(await other.toArray()).toString()).toBe('second')
})

test('an end that is destroyed takes the other along, unless it had ended', async () => {
  const [one, other] = pipe()
  const closed = new Promise((resolve) => other.on('close', resolve))
  one.destroy()
  await closed
  const [ended, reader] = pipe()
  await new Promise<void>((resolve) => ended.end('all', resolve))
  ended.destroy()
  expect(Buffer.concat(await reader.toArray()).toString()).toBe('all')
})
