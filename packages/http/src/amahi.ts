/** What does amahi/spdy call its constants? Names only, for programs that come from there; nothing here reads them (AM-1). */

/** The constants of amahi/spdy by their own names, spelling included. */
export const AMAHI = {
  FRAME_SYN_STREAM: 1,
  FRAME_SYN_REPLY: 2,
  FRAME_RST_STREAM: 3,
  FRAME_SETTINGS: 4,
  FRAME_PING: 6,
  FRAME_GOAWAY: 7,
  FRAME_HEADERS: 8,
  FRAME_WINDOW_UPDATE: 9,
  FLAG_NONE: 0,
  FLAG_FIN: 1,
  HEADER_STATUS: ':status',
  HEADER_VERSION: ':version',
  HEADER_PATH: ':path',
  HEADER_METHOD: ':method',
  HEADER_HOST: ':host',
  HEADER_SCHEME: ':scheme',
  /** In lower case, as on the wire. */
  HEADER_CONTENT_LENGTH: 'content-length',
  /** Bytes. */
  INITIAL_FLOW_CONTOL_WINDOW: 65_536,
  /** Bytes; the most that the length of a frame can say. We take 1 MiB unless told otherwise (`maxDataFrame`). */
  MAX_DATA_PAYLOAD: 2 ** 24 - 1,
  /** Frames that waited for a slow application there, before its stream died; here bytes wait, up to `streamReceive`. */
  NORTHBOUND_SLOTS: 5,
} as const
