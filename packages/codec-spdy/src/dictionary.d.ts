import type { Bytes } from '@plexus/contract';
/**
 * The dictionary that primes both compression contexts (SPDY/3 §2.6.10.1): 1423 bytes, adler32 `0xe3c6a7c2`.
 * The text is what HTTP headers looked like in 2012; it is data and never changes.
 */
export declare function headerDictionary(): Bytes;
//# sourceMappingURL=dictionary.d.ts.map