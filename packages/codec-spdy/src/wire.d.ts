import type { Bytes } from '@plexus/contract';
/** The number in every control frame. SPDY/3.1 is a name for negotiation only: on the wire it is 3. */
export declare const VERSION = 3;
/** Control and data frames alike begin with this many bytes; `length` counts what follows them. */
export declare const HEAD_BYTES = 8;
/** Largest `length` a head can say, bytes. */
export declare const MAX_LENGTH = 16777215;
/** Masks the reserved bit of ids and deltas: sent as 0, ignored on receipt. */
export declare const MAX_31 = 2147483647;
/** First window of each stream and of the session, bytes (§2.6.8). */
export declare const INITIAL_WINDOW = 65536;
/** Bit 31 and the version of a control frame's first word; the type goes into the low half. */
export declare const CONTROL: number;
/** Types of control frames (§2.6). */
export declare const TYPE: {
    readonly SYN_STREAM: 1;
    readonly SYN_REPLY: 2;
    readonly RST_STREAM: 3;
    readonly SETTINGS: 4;
    /** SPDY/2 only. */
    readonly NOOP: 5;
    readonly PING: 6;
    readonly GOAWAY: 7;
    readonly HEADERS: 8;
    readonly WINDOW_UPDATE: 9;
    /** SPDY/3 only. */
    readonly CREDENTIAL: 10;
};
/** Flags of a frame; each belongs to the types named. */
export declare const FLAG: {
    /** SYN_STREAM, SYN_REPLY, HEADERS, DATA: the sender has nothing more to send on the stream. */
    readonly FIN: 1;
    /** SYN_STREAM: the receiver has nothing to send. */
    readonly UNIDIRECTIONAL: 2;
    /** SETTINGS, from a server: forget what was remembered, then read this frame. */
    readonly CLEAR_SETTINGS: 1;
};
/** Flags of one entry of a SETTINGS frame (§2.6.4). */
export declare const SETTING_FLAG: {
    /** The server asks the client to remember the value. */
    readonly PERSIST_VALUE: 1;
    /** The client gives a remembered value back. */
    readonly PERSISTED: 2;
};
/** Ids of the entries of a SETTINGS frame (§2.6.4). */
export declare const SETTING: {
    /** Expected, KB/s. */
    readonly UPLOAD_BANDWIDTH: 1;
    /** Expected, KB/s. */
    readonly DOWNLOAD_BANDWIDTH: 2;
    /** Expected, ms. */
    readonly ROUND_TRIP_TIME: 3;
    /** Streams the receiver of the frame may have open at once. */
    readonly MAX_CONCURRENT_STREAMS: 4;
    /** TCP congestion window, packets. */
    readonly CURRENT_CWND: 5;
    /** Retransmitted of all bytes, percent. */
    readonly DOWNLOAD_RETRANS_RATE: 6;
    /** First window of each stream towards the sender of the frame, bytes. */
    readonly INITIAL_WINDOW_SIZE: 7;
    /** SPDY/3 only. */
    readonly CLIENT_CERTIFICATE_VECTOR_SIZE: 8;
};
/** Status codes of RST_STREAM (§2.4.2). */
export declare const RST: {
    readonly PROTOCOL_ERROR: 1;
    readonly INVALID_STREAM: 2;
    readonly REFUSED_STREAM: 3;
    readonly UNSUPPORTED_VERSION: 4;
    readonly CANCEL: 5;
    readonly INTERNAL_ERROR: 6;
    readonly FLOW_CONTROL_ERROR: 7;
    readonly STREAM_IN_USE: 8;
    readonly STREAM_ALREADY_CLOSED: 9;
    /** SPDY/3 only. */
    readonly INVALID_CREDENTIALS: 10;
    readonly FRAME_TOO_LARGE: 11;
};
/** Status codes of GOAWAY (§2.4.1). */
export declare const GOAWAY: {
    readonly OK: 0;
    readonly PROTOCOL_ERROR: 1;
    readonly INTERNAL_ERROR: 2;
    /** As the SPDY/3 draft printed it; 3.1 lists that as an erratum. */
    readonly INTERNAL_ERROR_3: 11;
};
/** The unsigned number in four bytes. */
export declare function u32(bytes: Bytes, at: number): number;
/** The same without the reserved bit: an id or a delta. */
export declare function u31(bytes: Bytes, at: number): number;
/** The unsigned number in three bytes. */
export declare function u24(bytes: Bytes, at: number): number;
//# sourceMappingURL=wire.d.ts.map