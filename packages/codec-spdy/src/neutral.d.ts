import type { ErrorCode } from '@plexus/contract';
/** What the status of a RST_STREAM means. 0 is invalid and is taken as PROTOCOL_ERROR, for the stream is over anyway. */
export declare function resetCode(status: number): ErrorCode;
/** The RST_STREAM status nearest to `code`; `status` is used for a code that is UNKNOWN here. Never 0. */
export declare function resetStatus(code: ErrorCode, status: number | undefined): number;
/** What the status of a GOAWAY means. */
export declare function goAwayCode(status: number): ErrorCode;
/**
 * The GOAWAY status nearest to `code`; `status` is used for a code that is UNKNOWN here. The draft asks for a GOAWAY
 * with FLOW_CONTROL_ERROR and never numbers it: it goes out as PROTOCOL_ERROR, like all that blames the peer.
 *
 * @param internalError the profile's number of INTERNAL_ERROR
 */
export declare function goAwayStatus(code: ErrorCode, status: number | undefined, internalError: number): number;
//# sourceMappingURL=neutral.d.ts.map