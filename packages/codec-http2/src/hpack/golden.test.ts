import { describe, expect, test } from '@jest/globals'
import { HpackEncoder } from './encoder.js'
import { decode, decoder, type Field, held, pairs, stories, toHex } from './hpack.test.kit.js'

const STORIES = stories()
const MOST = 1 << 20

describe('stories of other encoders', () => {
  test('there are as many as the README says', () => {
    const wires = STORIES.flatMap(({ cases }) => cases.filter(({ wire }) => wire !== undefined))
    expect(wires).toHaveLength(1242)
  })

  test.each(STORIES.filter(({ cases }) => cases[0]!.wire !== undefined))(
    '$name is read as written',
    (story) => {
      const by = decoder({ maxDecoded: MOST })
      for (const { wire, tableSize, fields } of story.cases) {
        if (tableSize !== undefined) by.setMaxTableSize(tableSize)
        expect(decode(by, wire!)).toEqual({ verdict: 'ok', fields })
      }
    },
  )
})

describe('stories, told by our encoder', () => {
  test.each(STORIES)('$name is read by our decoder, and both tables stay one', ({ cases }) => {
    const encoder = new HpackEncoder({ maxTableSize: 16_384 })
    const by = decoder({ maxDecoded: MOST })
    for (const { tableSize, fields } of cases) {
      if (tableSize !== undefined) {
        encoder.setPeerTableSize(tableSize)
        by.setMaxTableSize(tableSize)
      }
      expect(decode(by, encoder.encode(fields.flat()))).toEqual({ verdict: 'ok', fields })
      expect(held(encoder)).toEqual(held(by))
    }
  })

  test.each(STORIES.filter(({ name }) => name.startsWith('raw-data')))(
    '$name is read by hpack.js',
    ({ cases }) => {
      const encoder = new HpackEncoder()
      const foreign = new ForeignDecoder()
      for (const { fields } of cases) {
        expect(foreign.decode(encoder.encode(fields.flat()))).toEqual(fields)
      }
    },
  )

  test('a story takes no more octets than nghttp2 needs for it, and a tenth', () => {
    const sum = (folder: string) => {
      let octets = 0
      for (const { name, cases } of STORIES) {
        if (name.startsWith(`${folder}/`)) for (const { wire } of cases) octets += wire!.length
      }
      return octets
    }
    let ours = 0
    for (const { name, cases } of STORIES) {
      if (!name.startsWith('nghttp2/')) continue
      const encoder = new HpackEncoder()
      for (const { fields } of cases) ours += encoder.encode(fields.flat()).length
    }
    expect(ours / sum('nghttp2')).toBeLessThan(1.1)
  })

  test('a set that repeats becomes an octet a field', () => {
    const set = ['server', 'a', 'date', 'b', 'content-length', '3', 'vary', 'd', ':status', '200']
    const encoder = new HpackEncoder()
    encoder.encode(set)
    encoder.encode(set)
    const third = toHex(encoder.encode(set))
    expect(third).toHaveLength(2 * 5)
    expect(toHex(encoder.encode(set))).toBe(third)
  })
})

interface Foreign {
  write(block: Buffer): void
  execute(done?: (error: Error | null) => void): void
  read(): { name: string; value: string } | null
}

/** Another implementation, so that ours do not agree on a mistake. */
class ForeignDecoder {
  readonly #foreign: Foreign = require('hpack.js').decompressor.create({ table: { maxSize: 4096 } })

  decode(block: Uint8Array): Field[] {
    this.#foreign.write(Buffer.from(block))
    this.#foreign.execute()
    const flat: string[] = []
    for (let one = this.#foreign.read(); one !== null; one = this.#foreign.read())
      flat.push(one.name, one.value)
    return pairs(flat)
  }
}
