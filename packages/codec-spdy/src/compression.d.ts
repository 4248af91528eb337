import type { Bytes } from '@plexus/contract';
/** What came out of one call: the first `length` bytes of `bytes`, to be used before the next call of anyone. */
export interface Scratch {
    bytes: Uint8Array<ArrayBuffer>;
    length: number;
}
/** The sending context of one session: blocks must go to the wire in the order they were compressed. */
export declare class HeaderCompressor {
    #private;
    /**
     * @param level 0 … 9; 0 stores, so that lengths tell nothing about contents (CRIME)
     * @param windowBits 11 … 15
     */
    constructor(level: number, windowBits: number);
    /** Compresses the first `length` bytes of `block` and ends with a sync flush. */
    compress(block: Bytes, length: number): Scratch;
    close(): void;
}
/** The receiving context of one session. It is lost for good with the first {@link inflate} that gives no scratch. */
export declare class HeaderInflater {
    #private;
    /** Why the last block was not inflated: what was expected and what came. */
    fault: string;
    /**
     * Inflates the block of `length` bytes at `at`. Stops as soon as more than `maxBytes` came out.
     *
     * @returns undefined if it is no block that ends at its last byte with a sync flush; {@link fault} says why
     */
    inflate(chunk: Bytes, at: number, length: number, maxBytes: number): Scratch | undefined;
    close(): void;
}
//# sourceMappingURL=compression.d.ts.map