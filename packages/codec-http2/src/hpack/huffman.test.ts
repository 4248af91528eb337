import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { hex, toHex } from './hpack.test.kit.js'
import {
  BAD_PADDING,
  decodeHuffman,
  EOS_INSIDE,
  encodeHuffman,
  huffmanLength,
  mostDecoded,
} from './huffman.js'
import { CODE_BITS, CODES, EOS, SYMBOLS } from './huffman-code.js'

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })

function encode(text: string): Uint8Array {
  const target = new Uint8Array(text.length * 4 + 1)
  return target.subarray(0, encodeHuffman(text, target, 0))
}

function decode(bytes: Uint8Array): string | number {
  const target = new Uint8Array(mostDecoded(bytes.length))
  const length = decodeHuffman(bytes, 0, bytes.length, target)
  return length < 0 ? length : Buffer.from(target.subarray(0, length)).toString('latin1')
}

/** `'00000 1111111'`: bits, filled up with ones to whole octets. */
function bits(text: string): Uint8Array {
  const all = text.replaceAll(' ', '')
  const padded = all.padEnd(Math.ceil(all.length / 8) * 8, '1')
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2))
}

const codeOf = (symbol: number) => (CODES[symbol]! >>> 0).toString(2).padStart(CODE_BITS[symbol]!, '0')

describe('the code (RFC 7541 appendix B)', () => {
  test.each([
    [' ', '010100'],
    ['0', '00000'],
    ['a', '00011'],
    ['&', '11111000'],
    ['Z', '11111101'],
    ['!', '1111111000'],
    ['\0', '1111111111000'],
    ['\\', '1111111111111110000'],
    ['\x80', '11111111111111100110'],
    ['\x01', '11111111111111111011000'],
    ['\xff', '11111111111111111111101110'],
    ['\n', '111111111111111111111111111100'],
    ['\x16', '111111111111111111111111111110'],
  ])('%j is %s', (char, code) => {
    expect(codeOf(char.charCodeAt(0))).toBe(code)
  })

  test('EOS is thirty ones', () => {
    expect(codeOf(EOS)).toBe('1'.repeat(30))
  })

  test('every symbol has one code, no code begins another, and they fill all there is', () => {
    expect(new Set(SYMBOLS).size).toBe(257)
    let filled = 0
    for (let symbol = 0; symbol <= EOS; symbol++) filled += 2 ** -CODE_BITS[symbol]!
    expect(filled).toBe(1)
    const codes = Array.from({ length: 257 }, (_, symbol) => codeOf(symbol)).sort()
    for (let i = 1; i < codes.length; i++) expect(codes[i]!.startsWith(codes[i - 1]!)).toBe(false)
  })
})

describe('strings', () => {
  test.each([
    ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', 'a8eb10649cbf'],
    ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
    ['', ''],
  ])('%j is %s', (text, wire) => {
    expect(toHex(encode(text))).toBe(wire)
    expect(decode(hex(wire))).toBe(text)
  })

  test('every pair of symbols comes back', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        const text = String.fromCharCode(a, b)
        if (decode(encode(text)) !== text) throw new Error(`${a} and ${b} do not come back`)
      }
    }
  })

  test('what is encoded comes back, in as many octets as were foretold', () => {
    fc.assert(
      fc.property(latin1, (text) => {
        const wire = encode(text)
        expect(decode(wire)).toBe(text)
        expect(wire.length).toBe(huffmanLength(text))
      }),
      { numRuns: 1000 },
    )
  })

  test('any octets are a string that encodes to them, or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (wire) => {
        const text = decode(wire)
        if (typeof text === 'string') expect(toHex(encode(text))).toBe(toHex(wire))
        else expect([BAD_PADDING, EOS_INSIDE]).toContain(text)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('H17 a bad end', () => {
  test.each([
    ['padding of zeros', '00011 000', BAD_PADDING],
    ['padding with one zero', '00011 101', BAD_PADDING],
    ['padding of eight ones', '11111000 11111111', BAD_PADDING],
    ['padding of eleven ones', '00011 11111111111', BAD_PADDING],
    ['three octets of ones', '1'.repeat(24), BAD_PADDING],
    ['one octet of ones', '1'.repeat(8), BAD_PADDING],
    ['EOS alone', '1'.repeat(30), EOS_INSIDE],
    ['EOS in the middle', `00011 ${'1'.repeat(30)} 00011`, EOS_INSIDE],
    ['EOS at the end of a long string', `${'00011'.repeat(50)} ${'1'.repeat(30)}`, EOS_INSIDE],
    ['a long code cut short', '11111111 11111111 11111110', BAD_PADDING],
    ['a long code cut in its first octet', '11111110', BAD_PADDING],
  ])('%s', (_, wire, fault) => {
    expect(decode(bits(wire))).toBe(fault)
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('padding of %i ones is taken', (ones) => {
    // Five bits a symbol: each number of them leaves another rest.
    const symbols = [...Array(8).keys()].find((count) => (8 - ((count * 5) % 8)) % 8 === ones)!
    expect(decode(bits('00011'.repeat(symbols)))).toBe('a'.repeat(symbols))
  })
})
