import type { Bytes, ErrorCode } from '@plexus/contract'
import { DynamicTable } from './dynamic-table.js'
import { decodeHuffman, EOS_INSIDE, mostDecoded } from './huffman.js'
import { BAD_INTEGER, IntegerReader } from './integers.js'
import { latin1 } from './latin1.js'
import {
  HUFFMAN,
  INDEXED,
  INDEXED_MASK,
  INDEXING,
  INDEXING_MASK,
  NOT_INDEXED_MASK,
  SIZE_UPDATE,
  SIZE_UPDATE_MASK,
  STRING_MASK,
} from './representation.js'
import { FIRST_DYNAMIC, STATIC_TABLE } from './static-table.js'
import { entry, type TableEntry } from './table-entry.js'

/** Why the session is lost: its two tables can no longer be trusted to be one, or the peer means no good. */
export interface HpackFault {
  readonly fault: string
  readonly code: Extract<ErrorCode, 'COMPRESSION_ERROR' | 'ENHANCE_YOUR_CALM'>
}

/**
 * What came of a block. `tooLarge` and `tooMany` cost its stream and nothing else: the block was read to its end, so the
 * table is in step.
 */
export type HpackVerdict = 'ok' | 'tooLarge' | 'tooMany' | HpackFault

export interface HpackDecoderOptions {
  /** Most bytes the peer may have in its table, in force from the first block on; what we announce (L08). */
  readonly maxTableSize: number
  /** Bytes of one block's fields, name + value + 32 each (L07). Past them nothing is handed out, past twice as many the session ends. */
  readonly maxDecoded: number
  /** Fields of one block (L07). */
  readonly maxFields: number
}

/** The size of the table before anyone says another (RFC 9113 §6.5.2), bytes. */
const INITIAL_TABLE_SIZE = 4096

/** No table is larger. */
const NO_NEED = Number.POSITIVE_INFINITY

/** Huffman strings are decoded into here, one at a time, by whoever is at it; longer ones into room of their own. */
const scratch = new Uint8Array(4096)

/**
 * Decodes the header blocks of one direction of one session, in their order, all of them: the table follows from every
 * block that came (RFC 7541 §2.2).
 *
 * The work is linear in the bytes of a block. What an index stands for is handed out as the table's own strings, so a
 * block of indexes makes no garbage, however often it comes.
 */
export class HpackDecoder {
  readonly #maxDecoded: number
  readonly #maxFields: number
  readonly #table: DynamicTable
  readonly #reader = new IntegerReader(new Uint8Array(0))
  #maxTableSize: number
  /** The next block has to begin by making the table as small as this. */
  #shrinkTo = NO_NEED
  #generation = 0
  #fault: HpackFault | undefined

  constructor(options: HpackDecoderOptions) {
    this.#maxTableSize = options.maxTableSize
    this.#maxDecoded = options.maxDecoded
    this.#maxFields = options.maxFields
    this.#table = new DynamicTable(Math.min(INITIAL_TABLE_SIZE, options.maxTableSize))
  }

  /** The fields the table holds, newest first. */
  get table(): Iterable<TableEntry> {
    return this.#table
  }

  /** What the table counts at the moment, bytes (§4.1). */
  get tableSize(): number {
    return this.#table.size
  }

  /**
   * Rises with all that can change what a block means: while it stands still, the same bytes decode to the same fields.
   */
  get generation(): number {
    return this.#generation
  }

  /**
   * Another most for the table, bytes; to be called when the peer has acknowledged the SETTINGS that say so. If the table
   * is larger, the peer's next block has to begin with a size update (RFC 9113 §4.3.1).
   */
  setMaxTableSize(size: number): void {
    this.#maxTableSize = size
    if (size < this.#table.capacity) this.#shrinkTo = Math.min(this.#shrinkTo, size)
    this.#generation++
  }

  /**
   * Decodes one whole block, appending name, value, name, value … to `flat`. Past a limit nothing more is appended and
   * the rest of the block still does to the table what it says. After a fault every block is answered with it.
   *
   * Strings are Latin-1, a character a byte, and judged by nobody: an empty name is handed out like any other.
   */
  decode(block: Bytes, flat: string[]): HpackVerdict {
    if (this.#fault !== undefined) return this.#fault
    const reader = this.#reader
    reader.bytes = block
    reader.at = 0
    this.#updateSize()
    const verdict = this.#fields(flat)
    reader.bytes = NO_BLOCK
    return this.#fault ?? verdict
  }

  /** Size updates stand at the beginning of a block or nowhere (§4.2). */
  #updateSize(): void {
    const reader = this.#reader
    const { bytes } = reader
    while (reader.at < bytes.length && (bytes[reader.at]! & ~SIZE_UPDATE_MASK) === SIZE_UPDATE) {
      const size = reader.integer(SIZE_UPDATE_MASK)
      if (size === BAD_INTEGER) return void this.#fail(BAD_NUMBER)
      if (size > this.#maxTableSize) return void this.#fail(tooLargeTable(size, this.#maxTableSize))
      if (size <= this.#shrinkTo) this.#shrinkTo = NO_NEED
      this.#table.resize(size)
      this.#generation++
    }
    if (this.#shrinkTo !== NO_NEED && bytes.length > 0) this.#fail(noUpdate(this.#shrinkTo))
  }

  #fields(flat: string[]): HpackVerdict {
    const reader = this.#reader
    const { length } = reader.bytes
    let room = this.#maxDecoded
    let places = this.#maxFields
    while (reader.at < length && this.#fault === undefined) {
      const field = this.#field(reader)
      if (field === undefined) break
      room -= field.size
      places--
      if (room >= 0 && places >= 0) flat.push(field.name, field.value)
      else if (room < -this.#maxDecoded) this.#fail(farTooLarge(this.#maxDecoded))
    }
    return room < 0 ? 'tooLarge' : places < 0 ? 'tooMany' : 'ok'
  }

  /** The next field; undefined after a fault, like all that is below. */
  #field(reader: IntegerReader): TableEntry | undefined {
    const first = reader.bytes[reader.at]!
    if (first >= INDEXED) return this.#entry(reader.integer(INDEXED_MASK))
    if (first < SIZE_UPDATE) return this.#literal(reader.integer(NOT_INDEXED_MASK))
    if (first < INDEXING) return this.#fail(LATE_UPDATE)
    const field = this.#literal(reader.integer(INDEXING_MASK))
    if (field === undefined) return undefined
    this.#table.insert(field)
    this.#generation++
    return field
  }

  /** The field an index stands for (§2.3.3). */
  #entry(index: number): TableEntry | undefined {
    const found = index < FIRST_DYNAMIC ? STATIC_TABLE[index] : this.#table.get(index - FIRST_DYNAMIC)
    return found ?? this.#fail(index === BAD_INTEGER ? BAD_NUMBER : badIndex(index, this.#table.length))
  }

  /** A field whose name has the index `nameIndex`, or follows if that is 0; its value follows. */
  #literal(nameIndex: number): TableEntry | undefined {
    const name = nameIndex === 0 ? this.#string() : this.#entry(nameIndex)?.name
    if (name === undefined) return undefined
    const value = this.#string()
    return value === undefined ? undefined : entry(name, value)
  }

  /** §5.2 */
  #string(): string | undefined {
    const reader = this.#reader
    const { bytes } = reader
    if (reader.at >= bytes.length) return this.#fail(CUT_SHORT)
    const isHuffman = bytes[reader.at]! >= HUFFMAN
    const length = reader.integer(STRING_MASK)
    if (length === BAD_INTEGER) return this.#fail(BAD_NUMBER)
    const from = reader.at
    const to = from + length
    if (to > bytes.length) return this.#fail(CUT_SHORT)
    reader.at = to
    return isHuffman ? this.#huffman(bytes, from, to) : latin1(bytes, from, to)
  }

  #huffman(bytes: Bytes, from: number, to: number): string | undefined {
    const most = mostDecoded(to - from)
    const target = most > scratch.length ? new Uint8Array(most) : scratch
    const length = decodeHuffman(bytes, from, to, target)
    if (length >= 0) return latin1(target, 0, length)
    return this.#fail(length === EOS_INSIDE ? EOS_CAME : BAD_END)
  }

  #fail(fault: HpackFault): undefined {
    this.#fault = fault
    this.#generation++
  }
}

function broken(message: string): HpackFault {
  return { fault: `expected ${message}`, code: 'COMPRESSION_ERROR' }
}

const badIndex = (index: number, length: number): HpackFault =>
  broken(`an index from 1 to ${FIRST_DYNAMIC - 1 + length}, ${index} came`)

const tooLargeTable = (size: number, most: number): HpackFault =>
  broken(`a table of at most ${most} bytes, a size update to ${size} came`)

const noUpdate = (size: number): HpackFault =>
  broken(`a size update to ${size} or less at the beginning of the block, none came`)

const farTooLarge = (most: number): HpackFault => ({
  fault: `expected a header block of at most ${most} bytes decoded, more than twice as many came`,
  code: 'ENHANCE_YOUR_CALM',
})

const NO_BLOCK: Bytes = new Uint8Array(0)
const BAD_NUMBER = broken('an integer of at most five octets that ends in the header block, another came')
const CUT_SHORT = broken('a header block that ends with the end of a field, it ends before')
const LATE_UPDATE = broken('a size update at the beginning of its block, it came behind a field')
const EOS_CAME = broken('a Huffman string without EOS, it came')
const BAD_END = broken('a Huffman string that ends with up to seven bits of EOS, another end came')
