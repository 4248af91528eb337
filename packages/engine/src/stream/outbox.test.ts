import { describe, expect, test } from '@jest/globals'
import { type Bytes, HeaderFields } from '@plexus/contract'
import { bytesOf } from '@plexus/testkit'
import fc from 'fast-check'
import { Outbox } from './outbox.js'

const textOf = (bytes: Bytes) => Buffer.from(bytes).toString('latin1')
const trailers = (name: string, end = false) => ({ headers: HeaderFields.from({ name }), end })

/** Pulls as the pump does, until nothing is left. @returns each frame in words. */
function pull(outbox: Outbox, max = 4): string[] {
  const frames: string[] = []
  while (outbox.hasMore) {
    if (outbox.isFree) {
      const item = outbox.shiftHeaders()
      const end = item === undefined ? outbox.takeEnd() : item.end
      frames.push(`${item === undefined ? '' : item.headers.get('name')}${end ? '.' : ''}`)
    } else {
      const bytes = textOf(outbox.slice(max))
      frames.push(bytes + (outbox.takeEnd() ? '.' : ''))
    }
  }
  return frames
}

describe('what is pulled', () => {
  test('SS-1 is what was written, in order, in slices no longer than asked for', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('abcdefghij'))
    outbox.push(bytesOf('kl'))
    expect(pull(outbox)).toEqual(['abcd', 'efgh', 'ijkl'])
  })

  test('is a view of what was written, or the very thing where it fits', () => {
    const outbox = new Outbox()
    const bytes = new Uint8Array(600)
    outbox.push(bytes)
    outbox.push(bytes)
    expect([outbox.slice(400).buffer, outbox.slice(400).buffer]).toEqual([bytes.buffer, bytes.buffer])
    expect(outbox.slice(600)).toBe(bytes)
  })

  test('is one piece of what small writes left while they waited together', () => {
    const outbox = new Outbox()
    for (const word of ['many ', 'small ', 'writes']) outbox.push(bytesOf(word))
    expect(pull(outbox, 1000)).toEqual(['many small writes'])
    outbox.push(bytesOf('and one more'))
    expect(pull(outbox, 1000)).toEqual(['and one more'])
  })

  test('is as written where a small write meets a large one, or one that is half gone', () => {
    const outbox = new Outbox()
    const large = new Uint8Array(600)
    outbox.push(bytesOf('small'))
    outbox.push(large)
    expect(textOf(outbox.slice(1000))).toBe('small')
    expect(outbox.slice(1000)).toBe(large)
    outbox.push(bytesOf('half gone'))
    expect(textOf(outbox.slice(4))).toBe('half')
    outbox.push(bytesOf('behind'))
    expect([textOf(outbox.slice(1000)), textOf(outbox.slice(1000))]).toEqual([' gone', 'behind'])
  })

  test('is what was written, however small writes are mixed with pulls', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: -700, max: -1 }))),
        (steps) => {
          const outbox = new Outbox()
          const written: number[] = []
          const pulled: number[] = []
          let next = 0
          for (const step of steps) {
            if (step > 0) {
              const bytes = Uint8Array.from({ length: step }, () => next++ & 0xff)
              written.push(...bytes)
              outbox.push(bytes)
            } else pulled.push(...outbox.slice(-step))
          }
          while (!outbox.isFree) pulled.push(...outbox.slice(10_000))
          expect(pulled).toEqual(written)
          expect(outbox.size).toBe(0)
        },
      ),
    )
  })

  test('DM-18 of 9000 bytes in slices of 2000 is 2000 four times, and 1000', () => {
    const outbox = new Outbox()
    outbox.push(new Uint8Array(9000))
    outbox.end()
    const lengths: number[] = []
    while (!outbox.isFree) lengths.push(outbox.slice(2000).length)
    expect(lengths).toEqual([2000, 2000, 2000, 2000, 1000])
  })

  test('is nothing where nothing was written, or only nothing', () => {
    const outbox = new Outbox()
    outbox.push(new Uint8Array(0))
    expect([outbox.hasMore, outbox.size, outbox.slice(4).length, outbox.takeEnd()]).toEqual([
      false,
      0,
      0,
      false,
    ])
  })
})

describe('the end', () => {
  test('rides on the last bytes, not on those before', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('abcdef'))
    outbox.end()
    expect(pull(outbox)).toEqual(['abcd', 'ef.'])
  })

  test('H33 that comes after the last bytes are gone needs no window, and goes alone', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('abcd'))
    pull(outbox)
    outbox.end()
    expect([outbox.hasMore, outbox.isFree, outbox.size]).toEqual([true, true, 0])
    expect(pull(outbox)).toEqual(['.'])
  })

  test('goes once', () => {
    const outbox = new Outbox()
    outbox.end()
    expect([outbox.takeEnd(), outbox.takeEnd(), outbox.hasMore]).toEqual([true, false, false])
  })

  test('is known as soon as it is said, before it is sent', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('abcd'))
    expect(outbox.isEnding).toBe(false)
    outbox.end()
    expect(outbox.isEnding).toBe(true)
  })
})

describe('headers', () => {
  test('take their place among the bytes', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('abcdef'))
    outbox.pushHeaders(trailers('-one-'))
    outbox.push(bytesOf('gh'))
    outbox.pushHeaders(trailers('-two-'))
    outbox.end()
    expect(pull(outbox)).toEqual(['abcd', 'ef', '-one-', 'gh', '-two-', '.'])
  })

  test('need no window when they are next, and do when bytes are before them', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('a'))
    outbox.pushHeaders(trailers('t'))
    expect(outbox.isFree).toBe(false)
    expect(outbox.shiftHeaders()).toBeUndefined()
    outbox.slice(1)
    expect(outbox.isFree).toBe(true)
  })

  test('can be the end, and then no other follows', () => {
    const outbox = new Outbox()
    outbox.push(bytesOf('ab'))
    outbox.pushHeaders(trailers('t', true))
    expect(outbox.isEnding).toBe(true)
    expect(pull(outbox)).toEqual(['ab', 't.'])
  })
})

test('an outbox that was dropped says how much it held, and has nothing more, not even the end', () => {
  const outbox = new Outbox()
  outbox.push(bytesOf('abcdef'))
  outbox.pushHeaders(trailers('t'))
  outbox.end()
  outbox.slice(4)
  expect(outbox.drop()).toBe(2)
  expect([outbox.drop(), outbox.size, outbox.hasMore, outbox.takeEnd()]).toEqual([0, 0, false, false])
})

test('SS-1 the bytes that go out are the bytes that were written, however they are cut, and the end goes last, once', () => {
  const write = fc.record({ bytes: fc.string({ maxLength: 40, unit: 'binary-ascii' }) })
  const headers = fc.record({ name: fc.constantFrom('<1>', '<2>') })
  const slice = fc.record({ max: fc.integer({ min: 1, max: 50 }) })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(write, write, headers, slice), { maxLength: 300 }),
      fc.boolean(),
      (deeds, ends) => {
        const outbox = new Outbox()
        let written = ''
        let sent = ''
        let bytesLeft = 0
        for (const deed of deeds) {
          if ('bytes' in deed) {
            outbox.push(bytesOf(deed.bytes))
            written += deed.bytes
            bytesLeft += deed.bytes.length
          } else if ('name' in deed) {
            outbox.pushHeaders(trailers(deed.name))
            written += deed.name
          } else if (outbox.isFree) sent += outbox.shiftHeaders()?.headers.get('name') ?? ''
          else {
            const slice = outbox.slice(deed.max)
            if (slice.length === 0 || slice.length > deed.max)
              throw new Error(`a slice of ${slice.length} bytes`)
            sent += textOf(slice)
            bytesLeft -= slice.length
          }
          if (outbox.size !== bytesLeft) throw new Error(`${outbox.size} of ${bytesLeft} bytes in the books`)
          if (outbox.takeEnd()) throw new Error('an end that nobody said')
        }
        if (ends) outbox.end()
        sent += pull(outbox, 7).join('')
        expect(sent).toBe(ends ? `${written}.` : written)
      },
    ),
  )
})
