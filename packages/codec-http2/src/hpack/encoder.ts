import type { Bytes } from '@plexus/contract'
import { encodeHuffman, huffmanLength, mostEncoded } from './huffman.js'
import { type Indexing, IndexingPolicy } from './indexing.js'
import { MOST_OCTETS, writeInteger } from './integers.js'
import {
  HUFFMAN,
  INDEXED,
  INDEXED_MASK,
  INDEXING,
  INDEXING_MASK,
  NEVER_INDEXED,
  NOT_INDEXED,
  NOT_INDEXED_MASK,
  SIZE_UPDATE,
  SIZE_UPDATE_MASK,
  STRING_MASK,
} from './representation.js'
import { type PlacedEntry, SearchTable } from './search-table.js'
import { ENTRY_OVERHEAD, type TableEntry } from './table-entry.js'

export interface HpackEncoderOptions {
  /** Most bytes in the table, whatever the peer offers (L08). Default 4,096. */
  readonly maxTableSize?: number
  /** Names, in lower case, of further fields that no table may hold. */
  readonly secrets?: readonly string[]
}

/** The size of the table before anyone says another (RFC 9113 §6.5.2), bytes; and the most we ever use (L08). */
const INITIAL_TABLE_SIZE = 4096

/** The slab before anything large was written, and the largest that is kept, bytes. */
const FIRST_SLAB = 1024
const KEEP_SLAB = 64 * 1024

/** Places of a block that are remembered, and the longest field, characters. */
const PLACES = 32
const MOST_REMEMBERED = 256

/** What stood in one place of the block before, and the entry that it was. */
interface Place {
  name: string
  value: string
  entry: PlacedEntry | undefined
}

const USUAL_POLICY = new IndexingPolicy()

/** No size was announced since the last block. */
const NO_NEWS = Number.POSITIVE_INFINITY

/**
 * Encodes the header blocks of one direction of one session. A block that was encoded has to be sent, and in its order:
 * the peer's table follows from it (RFC 7541 §2.2).
 *
 * A field that stands where it stood in the block before is known without a look-up, so a header set that repeats
 * costs a comparison and a byte or two a field.
 */
export class HpackEncoder {
  readonly #maxTableSize: number
  readonly #policy: IndexingPolicy
  readonly #table: SearchTable
  readonly #places: Place[] = []
  #slab = new Uint8Array(FIRST_SLAB)
  #peerTableSize: number
  #smallestPeerTableSize = NO_NEWS

  constructor(options: HpackEncoderOptions = {}) {
    this.#maxTableSize = options.maxTableSize ?? INITIAL_TABLE_SIZE
    this.#policy = options.secrets?.length ? new IndexingPolicy(options.secrets) : USUAL_POLICY
    this.#table = new SearchTable(INITIAL_TABLE_SIZE)
    this.#peerTableSize = INITIAL_TABLE_SIZE
    if (this.#maxTableSize < INITIAL_TABLE_SIZE) this.setPeerTableSize(INITIAL_TABLE_SIZE)
  }

  /** The fields the table holds, newest first. */
  get table(): Iterable<TableEntry> {
    return this.#table.entries
  }

  /** What the table counts at the moment, bytes (§4.1). */
  get tableSize(): number {
    return this.#table.entries.size
  }

  /**
   * The peer's SETTINGS_HEADER_TABLE_SIZE. The next block begins by saying so: the smallest that came since the last
   * block, then the last (§4.2).
   */
  setPeerTableSize(size: number): void {
    this.#peerTableSize = Math.min(size, this.#maxTableSize)
    this.#smallestPeerTableSize = Math.min(this.#smallestPeerTableSize, this.#peerTableSize)
  }

  /**
   * Encodes name, value, name, value … as one block; its bytes are good until the next call. Names are in lower case and
   * all is Latin-1: the caller has seen to it, for once a block is begun there is no way back.
   */
  encode(fields: readonly string[]): Bytes {
    this.#makeRoom(fields)
    let at = this.#smallestPeerTableSize === NO_NEWS ? 0 : this.#updateSize()
    for (let i = 0; i < fields.length; i += 2) at = this.#field(fields[i]!, fields[i + 1]!, i >>> 1, at)
    return this.#slab.subarray(0, at)
  }

  /**
   * Room for the worst: each number in all its octets, each string as it is, for Huffman is kept only where it saves; and
   * behind them a short one that is tried in vain.
   */
  #makeRoom(fields: readonly string[]): void {
    let most = 2 * MOST_OCTETS + (fields.length / 2) * 3 * MOST_OCTETS + mostEncoded(STRING_MASK)
    for (let i = 0; i < fields.length; i++) most += fields[i]!.length
    const { length } = this.#slab
    if (most > length) this.#slab = new Uint8Array(Math.max(most, Math.min(length * 2, KEEP_SLAB)))
    else if (length > KEEP_SLAB) this.#slab = new Uint8Array(Math.max(most, FIRST_SLAB))
  }

  #updateSize(): number {
    let at = 0
    for (const size of [this.#smallestPeerTableSize, this.#peerTableSize]) {
      const { capacity } = this.#table
      if (size === capacity || (size > capacity && size !== this.#peerTableSize)) continue
      this.#table.resize(size)
      at = writeInteger(this.#slab, at, SIZE_UPDATE, SIZE_UPDATE_MASK, size)
    }
    this.#smallestPeerTableSize = NO_NEWS
    return at
  }

  /** Writes one field at `start`; returns where it ends, like all that is below. */
  #field(name: string, value: string, nth: number, start: number): number {
    const place = this.#places[nth]
    const isRepeated = place !== undefined && place.value === value && place.name === name
    if (isRepeated && place.entry !== undefined) {
      const index = this.#table.indexOf(place.entry)
      if (index > 0) return writeInteger(this.#slab, start, INDEXED, INDEXED_MASK, index)
    }
    const found = this.#table.find(name, value)
    if (found !== undefined) {
      this.#remember(nth, name, value, found)
      return writeInteger(this.#slab, start, INDEXED, INDEXED_MASK, this.#table.indexOf(found))
    }
    const size = name.length + value.length + ENTRY_OVERHEAD
    const indexing = this.#policy.judge(name, value, size, this.#table.capacity, isRepeated)
    const end = this.#literal(name, value, indexing, start)
    const inserted = indexing === 'insert' ? this.#table.insert(name, value) : undefined
    if (indexing !== 'never') this.#remember(nth, name, value, inserted)
    return end
  }

  #literal(name: string, value: string, indexing: Indexing, start: number): number {
    const index = this.#table.indexOfName(name)
    let at: number
    if (indexing === 'insert') at = writeInteger(this.#slab, start, INDEXING, INDEXING_MASK, index)
    else {
      const pattern = indexing === 'never' ? NEVER_INDEXED : NOT_INDEXED
      at = writeInteger(this.#slab, start, pattern, NOT_INDEXED_MASK, index)
    }
    if (index === 0) at = this.#string(name, at)
    return this.#string(value, at)
  }

  /** §5.2: Huffman coded where that is shorter. */
  #string(text: string, start: number): number {
    const slab = this.#slab
    const { length } = text
    if (length < STRING_MASK) {
      // If it gets shorter, its length fits one octet: then it stands where it belongs, and was gone through once.
      const end = encodeHuffman(text, slab, start + 1)
      const coded = end - start - 1
      if (coded >= length) return this.#plain(text, start)
      slab[start] = HUFFMAN | coded
      return end
    }
    const coded = huffmanLength(text)
    if (coded >= length) return this.#plain(text, start)
    return encodeHuffman(text, slab, writeInteger(slab, start, HUFFMAN, STRING_MASK, coded))
  }

  #plain(text: string, start: number): number {
    const slab = this.#slab
    let at = writeInteger(slab, start, 0, STRING_MASK, text.length)
    for (let i = 0; i < text.length; i++) slab[at++] = text.charCodeAt(i)
    return at
  }

  #remember(nth: number, name: string, value: string, entry: PlacedEntry | undefined): void {
    if (nth >= PLACES || name.length + value.length > MOST_REMEMBERED) return
    const place = this.#places[nth]
    if (place === undefined) this.#places[nth] = { name, value, entry }
    else {
      place.name = name
      place.value = value
      place.entry = entry
    }
  }
}
