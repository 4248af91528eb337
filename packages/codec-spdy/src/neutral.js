import { GOAWAY, RST } from './wire.js';
/** What the status of a RST_STREAM means. 0 is invalid and is taken as PROTOCOL_ERROR, for the stream is over anyway. */
export function resetCode(status) {
    return RESET_CODES[status] ?? 'UNKNOWN';
}
/** The RST_STREAM status nearest to `code`; `status` is used for a code that is UNKNOWN here. Never 0. */
export function resetStatus(code, status) {
    if (code === 'UNKNOWN')
        return status || RST.PROTOCOL_ERROR;
    return RESET_STATUSES[code];
}
/** What the status of a GOAWAY means. */
export function goAwayCode(status) {
    switch (status) {
        case GOAWAY.OK:
            return 'NO_ERROR';
        case GOAWAY.PROTOCOL_ERROR:
            return 'PROTOCOL_ERROR';
        case GOAWAY.INTERNAL_ERROR:
        case GOAWAY.INTERNAL_ERROR_3:
            return 'INTERNAL_ERROR';
        default:
            return 'UNKNOWN';
    }
}
/**
 * The GOAWAY status nearest to `code`; `status` is used for a code that is UNKNOWN here. The draft asks for a GOAWAY
 * with FLOW_CONTROL_ERROR and never numbers it: it goes out as PROTOCOL_ERROR, like all that blames the peer.
 *
 * @param internalError the profile's number of INTERNAL_ERROR
 */
export function goAwayStatus(code, status, internalError) {
    switch (code) {
        case 'UNKNOWN':
            return status ?? GOAWAY.PROTOCOL_ERROR;
        case 'NO_ERROR':
        case 'CANCEL':
            return GOAWAY.OK;
        case 'INTERNAL_ERROR':
        case 'CONNECT_ERROR':
            return internalError;
        default:
            return GOAWAY.PROTOCOL_ERROR;
    }
}
const RESET_CODES = [
    'PROTOCOL_ERROR',
    'PROTOCOL_ERROR',
    'INVALID_STREAM',
    'REFUSED_STREAM',
    'UNSUPPORTED_VERSION',
    'CANCEL',
    'INTERNAL_ERROR',
    'FLOW_CONTROL_ERROR',
    'STREAM_IN_USE',
    'STREAM_CLOSED',
    'UNKNOWN',
    'FRAME_SIZE_ERROR',
];
const RESET_STATUSES = {
    // No longer wanted, and nobody's fault: the protocol says CANCEL for both.
    NO_ERROR: RST.CANCEL,
    CANCEL: RST.CANCEL,
    TIMEOUT: RST.CANCEL,
    CONNECTION_LOST: RST.CANCEL,
    PROTOCOL_ERROR: RST.PROTOCOL_ERROR,
    COMPRESSION_ERROR: RST.PROTOCOL_ERROR,
    ENHANCE_YOUR_CALM: RST.PROTOCOL_ERROR,
    SETTINGS_TIMEOUT: RST.PROTOCOL_ERROR,
    INADEQUATE_SECURITY: RST.PROTOCOL_ERROR,
    HTTP_1_1_REQUIRED: RST.PROTOCOL_ERROR,
    INTERNAL_ERROR: RST.INTERNAL_ERROR,
    CONNECT_ERROR: RST.INTERNAL_ERROR,
    FLOW_CONTROL_ERROR: RST.FLOW_CONTROL_ERROR,
    INVALID_STREAM: RST.INVALID_STREAM,
    REFUSED_STREAM: RST.REFUSED_STREAM,
    UNSUPPORTED_VERSION: RST.UNSUPPORTED_VERSION,
    STREAM_IN_USE: RST.STREAM_IN_USE,
    STREAM_CLOSED: RST.STREAM_ALREADY_CLOSED,
    FRAME_SIZE_ERROR: RST.FRAME_TOO_LARGE,
};
//# sourceMappingURL=neutral.js.map