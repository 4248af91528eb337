/**
 * Why something ended, in words that no protocol owns. A codec maps them to its numbers and back; a code that has no
 * number of its own goes out as the nearest one.
 */
export type ErrorCode =
  /** An orderly end. */
  | 'NO_ERROR'
  /** The peer did what the protocol forbids and no narrower code fits. */
  | 'PROTOCOL_ERROR'
  /** A fault of ours. */
  | 'INTERNAL_ERROR'
  /** A window was exceeded or overflowed. */
  | 'FLOW_CONTROL_ERROR'
  /** Settings were not acknowledged in time. */
  | 'SETTINGS_TIMEOUT'
  /** A frame for a stream half that is already ended. */
  | 'STREAM_CLOSED'
  /** A frame for a stream that never was, or is forgotten. */
  | 'INVALID_STREAM'
  /** A second reply on one stream. */
  | 'STREAM_IN_USE'
  /** A frame larger than we take, or of a length its type cannot have. */
  | 'FRAME_SIZE_ERROR'
  /** Refused before any processing: safe to try again elsewhere. */
  | 'REFUSED_STREAM'
  /** No longer wanted. */
  | 'CANCEL'
  /** The header compression context is lost. */
  | 'COMPRESSION_ERROR'
  /** A tunnel's far end failed. */
  | 'CONNECT_ERROR'
  /** The peer spends more of a limited good than it may. */
  | 'ENHANCE_YOUR_CALM'
  /** The transport's security is too weak. */
  | 'INADEQUATE_SECURITY'
  /** Try the older protocol. */
  | 'HTTP_1_1_REQUIRED'
  /** The version asked for is not spoken here. */
  | 'UNSUPPORTED_VERSION'
  /** Something took longer than its limit. Goes out as the protocol's CANCEL. */
  | 'TIMEOUT'
  /** The carrier broke. Never goes out: there is nothing to write to. */
  | 'CONNECTION_LOST'
  /** A number the codec has no word for; see `wireCode`. */
  | 'UNKNOWN'
