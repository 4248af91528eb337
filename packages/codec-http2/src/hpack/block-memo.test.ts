import { describe, expect, test } from '@jest/globals'
import { BlockMemo } from './block-memo.js'
import { decode, decoder, hex, literal } from './hpack.test.kit.js'

describe('the memo of blocks', () => {
  /** What a codec does: look, else decode and keep. */
  function reader() {
    const by = decoder()
    const memo = new BlockMemo<readonly string[]>()
    return {
      by,
      read(block: Uint8Array): { fields: readonly string[]; known: boolean } {
        const before = by.generation
        const known = memo.find(block, before)
        if (known !== undefined) return { fields: known, known: true }
        const fields = decode(by, block).fields.flat()
        memo.keep(block, before, by.generation, fields)
        return { fields, known: false }
      },
    }
  }

  test('the same octets are known as long as the table stands still', () => {
    const { read } = reader()
    const first = literal('a', 'b', 0x40)
    expect(read(first).known).toBe(false)
    // It changed the table: it means another thing now.
    expect(read(first).known).toBe(false)
    expect(read(hex('be82')).known).toBe(false)
    const again = read(hex('be82'))
    expect(again).toEqual({ fields: ['a', 'b', ':method', 'GET'], known: true })
    read(literal('c', 'd', 0x40))
    expect(read(hex('be82'))).toEqual({ fields: ['c', 'd', ':method', 'GET'], known: false })
  })

  test('H17 a size update that has to come is missed all the same', () => {
    const { by, read } = reader()
    read(hex('82'))
    expect(read(hex('82')).known).toBe(true)
    by.setMaxTableSize(0)
    expect(read(hex('82')).known).toBe(false)
    expect(by.decode(hex('82'), [])).toMatchObject({ code: 'COMPRESSION_ERROR' })
  })

  test('a context that is lost knows nothing any more', () => {
    const { by, read } = reader()
    read(hex('82'))
    expect(read(hex('82')).known).toBe(true)
    by.decode(hex('80'), [])
    expect(read(hex('82'))).toEqual({ fields: [], known: false })
  })

  test('many sets share it, and none is taken for another', () => {
    const { read } = reader()
    for (let round = 0; round < 3; round++) {
      for (let index = 1; index <= 61; index++) {
        const block = Uint8Array.of(0x80 | index, 0x82)
        expect(read(block).fields).toEqual(decode(decoder(), block).fields.flat())
      }
    }
  })

  test('it keeps its own copy, and nothing that is long', () => {
    const memo = new BlockMemo<string>()
    const block = Buffer.from('8286', 'hex')
    memo.keep(block, 1, 1, 'kept')
    block[0] = 0x84
    expect(memo.find(hex('8286'), 1)).toBe('kept')
    expect(memo.find(hex('8486'), 1)).toBeUndefined()
    for (const length of [0, 97, 65_536]) {
      memo.keep(new Uint8Array(length).fill(0x82), 1, 1, 'long')
      expect(memo.find(new Uint8Array(length).fill(0x82), 1)).toBeUndefined()
    }
  })
})
