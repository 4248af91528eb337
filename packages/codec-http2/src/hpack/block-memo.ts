import type { Bytes } from '@plexus/contract'

/** Blocks that are remembered: requests of a kind, and the trailers, answers and so on that stand between them. */
const SLOTS = 8
/** Room for a set of indexes and a literal or two that no table may hold; what is longer is hardly the same again, bytes. */
const MOST_BYTES = 96

interface Kept<T> {
  readonly block: Bytes
  readonly generation: number
  readonly result: T
}

/**
 * Remembers what was made of whole header blocks. Who sends the same header set again sends the same bytes, as soon as
 * its fields are in the table, and they mean the same as long as the table stands still: then decoding, checking and
 * building are one comparison.
 */
export class BlockMemo<T> {
  readonly #kept: (Kept<T> | undefined)[] = new Array<undefined>(SLOTS).fill(undefined)

  /** What was made of these bytes when the decoder's `generation` was the same. */
  find(block: Bytes, generation: number): T | undefined {
    const { length } = block
    if (length === 0 || length > MOST_BYTES) return undefined
    const kept = this.#kept[slotOf(block)]
    if (kept === undefined || kept.generation !== generation || kept.block.length !== length) return undefined
    for (let i = 0; i < length; i++) if (kept.block[i] !== block[i]) return undefined
    return kept.result
  }

  /**
   * Keeps `result`, which was made of `block` and will be handed to others: it must not change.
   *
   * @param before the decoder's `generation` before it decoded the block
   * @param after the same afterwards: a block that changed the table means something else the next time
   */
  keep(block: Bytes, before: number, after: number, result: T): void {
    if (before !== after || block.length === 0 || block.length > MOST_BYTES) return
    // `slice` of a Buffer would be a view of what the carrier handed over.
    this.#kept[slotOf(block)] = { block: new Uint8Array(block), generation: after, result }
  }
}

function slotOf(block: Bytes): number {
  let hash = block.length
  for (let i = 0; i < block.length; i++) hash = (Math.imul(hash, 31) + block[i]!) | 0
  return (hash ^ (hash >>> 8)) & (SLOTS - 1)
}
