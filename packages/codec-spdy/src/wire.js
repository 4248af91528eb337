/** The number in every control frame. SPDY/3.1 is a name for negotiation only: on the wire it is 3. */
export const VERSION = 3;
/** Control and data frames alike begin with this many bytes; `length` counts what follows them. */
export const HEAD_BYTES = 8;
/** Largest `length` a head can say, bytes. */
export const MAX_LENGTH = 0xff_ffff;
/** Masks the reserved bit of ids and deltas: sent as 0, ignored on receipt. */
export const MAX_31 = 0x7fff_ffff;
/** First window of each stream and of the session, bytes (§2.6.8). */
export const INITIAL_WINDOW = 65_536;
/** Bit 31 and the version of a control frame's first word; the type goes into the low half. */
export const CONTROL = 0x8000_0000 + VERSION * 0x1_0000;
/** Types of control frames (§2.6). */
export const TYPE = {
    SYN_STREAM: 1,
    SYN_REPLY: 2,
    RST_STREAM: 3,
    SETTINGS: 4,
    /** SPDY/2 only. */
    NOOP: 5,
    PING: 6,
    GOAWAY: 7,
    HEADERS: 8,
    WINDOW_UPDATE: 9,
    /** SPDY/3 only. */
    CREDENTIAL: 10,
};
/** Flags of a frame; each belongs to the types named. */
export const FLAG = {
    /** SYN_STREAM, SYN_REPLY, HEADERS, DATA: the sender has nothing more to send on the stream. */
    FIN: 0x01,
    /** SYN_STREAM: the receiver has nothing to send. */
    UNIDIRECTIONAL: 0x02,
    /** SETTINGS, from a server: forget what was remembered, then read this frame. */
    CLEAR_SETTINGS: 0x01,
};
/** Flags of one entry of a SETTINGS frame (§2.6.4). */
export const SETTING_FLAG = {
    /** The server asks the client to remember the value. */
    PERSIST_VALUE: 0x1,
    /** The client gives a remembered value back. */
    PERSISTED: 0x2,
};
/** Ids of the entries of a SETTINGS frame (§2.6.4). */
export const SETTING = {
    /** Expected, KB/s. */
    UPLOAD_BANDWIDTH: 1,
    /** Expected, KB/s. */
    DOWNLOAD_BANDWIDTH: 2,
    /** Expected, ms. */
    ROUND_TRIP_TIME: 3,
    /** Streams the receiver of the frame may have open at once. */
    MAX_CONCURRENT_STREAMS: 4,
    /** TCP congestion window, packets. */
    CURRENT_CWND: 5,
    /** Retransmitted of all bytes, percent. */
    DOWNLOAD_RETRANS_RATE: 6,
    /** First window of each stream towards the sender of the frame, bytes. */
    INITIAL_WINDOW_SIZE: 7,
    /** SPDY/3 only. */
    CLIENT_CERTIFICATE_VECTOR_SIZE: 8,
};
/** Status codes of RST_STREAM (§2.4.2). */
export const RST = {
    PROTOCOL_ERROR: 1,
    INVALID_STREAM: 2,
    REFUSED_STREAM: 3,
    UNSUPPORTED_VERSION: 4,
    CANCEL: 5,
    INTERNAL_ERROR: 6,
    FLOW_CONTROL_ERROR: 7,
    STREAM_IN_USE: 8,
    STREAM_ALREADY_CLOSED: 9,
    /** SPDY/3 only. */
    INVALID_CREDENTIALS: 10,
    FRAME_TOO_LARGE: 11,
};
/** Status codes of GOAWAY (§2.4.1). */
export const GOAWAY = {
    OK: 0,
    PROTOCOL_ERROR: 1,
    INTERNAL_ERROR: 2,
    /** As the SPDY/3 draft printed it; 3.1 lists that as an erratum. */
    INTERNAL_ERROR_3: 11,
};
/** The unsigned number in four bytes. */
export function u32(bytes, at) {
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
/** The same without the reserved bit: an id or a delta. */
export function u31(bytes, at) {
    return ((bytes[at] & 0x7f) << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
/** The unsigned number in three bytes. */
export function u24(bytes, at) {
    return (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
}
//# sourceMappingURL=wire.js.map