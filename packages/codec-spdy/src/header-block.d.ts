import { type Bytes, type ErrorCode, HeaderFields, type Limits } from '@plexus/contract';
/**
 * Why a header block is not taken. `stream`: it was read to its end, and only what it says is wrong. `session`: it lies
 * about itself, so nothing of it can be trusted.
 */
export declare class HeaderFault {
    readonly scope: 'stream' | 'session';
    readonly code: ErrorCode;
    readonly message: string;
    constructor(scope: HeaderFault['scope'], code: HeaderFault['code'], message: string);
}
/**
 * Reads an inflated header block (§2.6.10): a count, then name and value with their lengths. A value joined with NULs
 * becomes one field for each part. Changes `block`: the lengths are blanked as they are read.
 */
export declare function parseHeaderBlock(block: Bytes, length: number, limits: Limits): HeaderFields | HeaderFault;
/** Where {@link serialiseHeaders} writes: one block at a time, to be used before the next. */
export declare const serialised: {
    bytes: Uint8Array<ArrayBuffer>;
    length: number;
};
/**
 * Writes `headers` as an uncompressed header block into {@link serialised}. Fields of one name become one pair, their
 * values joined with NULs. An empty value beside others of its name is left out: the wire has no form for it, and in a
 * list it means nothing (RFC 9110 §5.6.1).
 *
 * @throws PlexusError, scope `request`, for what the wire cannot carry; see {@link assertHeaders}
 */
export declare function serialiseHeaders(headers: HeaderFields): void;
/**
 * Says whether SPDY can carry `headers`: names of one or more visible ASCII characters without upper case, values of
 * Latin-1 characters without NUL (§2.6.10), some 16 MB in all. Anything narrower is the business of HTTP.
 *
 * @throws PlexusError, scope `request`, with the first reason why not
 */
export declare function assertHeaders(headers: HeaderFields): void;
//# sourceMappingURL=header-block.d.ts.map