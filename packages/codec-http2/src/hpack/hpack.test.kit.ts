import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '@plexus/contract'
import { HpackDecoder, type HpackDecoderOptions, type HpackVerdict } from './decoder.js'
import { encodeHuffman } from './huffman.js'
import { MOST_OCTETS, writeInteger } from './integers.js'

export type Field = readonly [name: string, value: string]

/** `'8286 8441'` → its bytes. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'))
}

export const toHex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')

export function merge(...parts: Bytes[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** A decoder with the limits of the catalogue. */
export function decoder(options: Partial<HpackDecoderOptions> = {}): HpackDecoder {
  return new HpackDecoder({ maxTableSize: 4096, maxDecoded: 65_536, maxFields: 128, ...options })
}

/** What a decoder makes of a block. */
export function decode(by: HpackDecoder, block: Bytes | string): { verdict: HpackVerdict; fields: Field[] } {
  const flat: string[] = []
  const verdict = by.decode(typeof block === 'string' ? hex(block) : block, flat)
  return { verdict, fields: pairs(flat) }
}

export function pairs(flat: readonly string[]): Field[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!] as const)
}

/** What a table holds, newest first, as RFC 7541 appendix C writes it. */
export function held(by: { readonly table: Iterable<{ name: string; value: string }> }): string[] {
  return Array.from(by.table, ({ name, value }) => `${name}: ${value}`)
}

/** A literal without indexing whose name and value follow as they are (§6.2.2). */
export function literal(name: string, value: string, pattern = 0x00): Uint8Array {
  return merge(Uint8Array.of(pattern), string(name), string(value))
}

/** A string as it is (§5.2). */
export const string = (text: string): Uint8Array => stringOf(0x00, Buffer.from(text, 'latin1'))

/** A Huffman string, even where it is longer. */
export function huffmanString(text: string): Uint8Array {
  const target = new Uint8Array(text.length * 4)
  return stringOf(0x80, target.subarray(0, encodeHuffman(text, target, 0)))
}

function stringOf(pattern: number, octets: Bytes): Uint8Array {
  const head = new Uint8Array(MOST_OCTETS)
  return merge(head.subarray(0, writeInteger(head, 0, pattern, 0x7f, octets.length)), octets)
}

export interface Story {
  readonly name: string
  readonly cases: readonly {
    /** The size of the table in force from here on, bytes. */
    readonly tableSize: number | undefined
    /** Absent where a story is there to be encoded. */
    readonly wire: Uint8Array | undefined
    readonly fields: readonly Field[]
  }[]
}

const GOLDEN = join(__dirname, '../../golden/hpack')

/** The recorded stories, each one compression context; see golden/hpack/README.md. */
export function stories(): Story[] {
  return readdirSync(GOLDEN, { withFileTypes: true })
    .filter((folder) => folder.isDirectory())
    .flatMap((folder) =>
      readdirSync(join(GOLDEN, folder.name)).map((file) => story(`${folder.name}/${file}`)),
    )
}

interface RawCase {
  readonly header_table_size?: number | null
  readonly wire?: string
  readonly headers: readonly Readonly<Record<string, string>>[]
}

function story(name: string): Story {
  const { cases } = JSON.parse(readFileSync(join(GOLDEN, name), 'utf8')) as { cases: RawCase[] }
  return {
    name,
    cases: cases.map(({ header_table_size, wire, headers }) => ({
      tableSize: header_table_size ?? undefined,
      wire: wire === undefined ? undefined : hex(wire),
      fields: headers.map((field) => Object.entries(field)[0]!),
    })),
  }
}
