import type { ErrorCode } from '@plexus/contract'
import { ERROR } from './wire.js'

/** What the error code of a RST_STREAM or GOAWAY means (RFC 9113 §7). */
export function errorCode(wireCode: number): ErrorCode {
  return CODES[wireCode] ?? 'UNKNOWN'
}

/** The error code nearest to `code`; `wireCode` is used for a code that is UNKNOWN here. */
export function wireCodeOf(code: ErrorCode, wireCode: number | undefined): number {
  if (code === 'UNKNOWN') return wireCode ?? ERROR.PROTOCOL_ERROR
  return WIRE_CODES[code]
}

/**
 * The same for a RST_STREAM. NO_ERROR from a server says that it needs no more of the request after a whole answer (§8.1), and from
 * nobody else anything.
 */
export function resetCodeOf(code: ErrorCode, wireCode: number | undefined, isServer: boolean): number {
  return code === 'NO_ERROR' && !isServer ? ERROR.CANCEL : wireCodeOf(code, wireCode)
}

/** The same for a GOAWAY: a session that is ended because nobody wants it any more ends well. */
export function goAwayCodeOf(code: ErrorCode, wireCode: number | undefined): number {
  return code === 'CANCEL' ? ERROR.NO_ERROR : wireCodeOf(code, wireCode)
}

const CODES: readonly ErrorCode[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

const WIRE_CODES: Readonly<Record<Exclude<ErrorCode, 'UNKNOWN'>, number>> = {
  NO_ERROR: ERROR.NO_ERROR,
  PROTOCOL_ERROR: ERROR.PROTOCOL_ERROR,
  INTERNAL_ERROR: ERROR.INTERNAL_ERROR,
  FLOW_CONTROL_ERROR: ERROR.FLOW_CONTROL_ERROR,
  SETTINGS_TIMEOUT: ERROR.SETTINGS_TIMEOUT,
  STREAM_CLOSED: ERROR.STREAM_CLOSED,
  FRAME_SIZE_ERROR: ERROR.FRAME_SIZE_ERROR,
  REFUSED_STREAM: ERROR.REFUSED_STREAM,
  CANCEL: ERROR.CANCEL,
  COMPRESSION_ERROR: ERROR.COMPRESSION_ERROR,
  CONNECT_ERROR: ERROR.CONNECT_ERROR,
  ENHANCE_YOUR_CALM: ERROR.ENHANCE_YOUR_CALM,
  INADEQUATE_SECURITY: ERROR.INADEQUATE_SECURITY,
  HTTP_1_1_REQUIRED: ERROR.HTTP_1_1_REQUIRED,
  // No longer wanted, and nobody's fault.
  TIMEOUT: ERROR.CANCEL,
  CONNECTION_LOST: ERROR.CANCEL,
  // Words of other protocols.
  INVALID_STREAM: ERROR.STREAM_CLOSED,
  STREAM_IN_USE: ERROR.PROTOCOL_ERROR,
  UNSUPPORTED_VERSION: ERROR.PROTOCOL_ERROR,
}
