import type {
  Blame,
  BlockedOn,
  ErrorCode,
  GoAwayFrame,
  HeadersFrame,
  InformFrame,
  OpenFrame,
  PingFrame,
  Processed,
  ReplyFrame,
  SettingsFrame,
} from '@plexus/contract'

/** One mailbox as a union of its messages. */
export type MessageOf<Mailbox> = {
  [Type in keyof Mailbox]: { readonly type: Type } & Mailbox[Type]
}[keyof Mailbox]

/** Why something ends: as much as the error for the user needs. */
export interface Cause {
  readonly code: ErrorCode
  readonly blame: Blame
  /** What was expected and what came. */
  readonly message: string
  readonly processed?: Processed
  readonly wireCode?: number
  /** The message or frame that was refused. */
  readonly event?: string
  readonly cause?: unknown
}

/**
 * How the peer learns of an end: by a last frame and an orderly end of the carrier; by a last frame if the carrier takes
 * it at once, and then the carrier is gone; or not at all.
 */
export type CloseManner = 'told' | 'abrupt' | 'silent'

/** The session's mailbox. */
export interface SessionMailbox {
  /** anyone | closemsgch | Shut the whole session with a code. The first one wins, senders never block. */
  closeMsg: { readonly cause: Cause; readonly manner?: CloseManner }
  /** application | – | No new streams; end when the last one has. */
  drainMsg: object
  /** stream | finch | Both halves are done and my end is sent, or I was reset: forget me. */
  fin: { readonly stream: object }
  /** dispatch | framech | The peer opens a stream. */
  recvOpen: { readonly frame: OpenFrame }
  /** dispatch | framech | The peer's settings, or its acknowledgement of ours. */
  recvSettings: { readonly frame: SettingsFrame }
  /** dispatch | framech | A ping, or the answer to one of ours. */
  recvPing: { readonly frame: PingFrame }
  /** dispatch | framech | The peer opens no more streams and takes no more. */
  recvGoAway: { readonly frame: GoAwayFrame }
  /** pump | – | The session's send window is used up. */
  windowEmpty: object
  /** dispatch | windowUpdate | The session's send window is open again. A flag, no number. */
  windowUpdate: object
  /** carrier | framech | The peer ended its direction of the carrier. */
  recvEnd: object
  /** carrier | – | The carrier is gone. */
  carrierClosed: { readonly error: Error | undefined }
  /** timer | – | A phase took as long as it may. */
  timeout: object
  /** timer | – | The peer did not acknowledge our settings in time. */
  ackTimeout: object
}

/** A stream's mailbox. */
export interface StreamMailbox {
  /** session, application | reset | Dead; every wait in the stream ends. */
  reset: { readonly by: 'peer' | 'local' | 'session'; readonly cause: Cause }
  /** dispatch | recvData | The inbox went from empty to filled and someone waits. A flag, no bytes. */
  recvData: object
  /** dispatch | – | The inbox holds all that we granted: the peer waits for our reader. */
  recvFull: object
  /** application | – | The reader made room. */
  recvRoom: object
  /** dispatch | framech | The peer's reply to our opening. */
  recvReply: { readonly frame: ReplyFrame }
  /** dispatch | framech | The peer says something before its reply. */
  recvInform: { readonly frame: InformFrame }
  /** dispatch | framech | More headers of the peer. */
  recvHeaders: { readonly frame: HeadersFrame }
  /** dispatch | framech | The peer ended its half. */
  recvEnd: object
  /** session | – | Our opening frame is on its way. */
  sendOpen: { readonly end: boolean }
  /** application | – | Our reply is on its way. */
  sendReply: { readonly end: boolean }
  /** pump | – | Our end is on its way. */
  sendEnd: object
  /** pump | – | There is something to send, and this keeps it. */
  windowEmpty: { readonly on: BlockedOn }
  /** pump | windowUpdate | The send window went from shut to open. A flag, no number. */
  windowUpdate: object
}

/** The outFramer's mailbox. */
export interface OutFramerMailbox {
  /** stream, session | requestch | I have something to write. Coalesced: one until the next rest. */
  request: object
  /** pump | ofchan | The carrier is full. */
  stall: object
  /** pump | – | Nothing is left to write. */
  rest: object
  /** carrier | releasech | The carrier takes more. */
  drain: object
  /** session | closech | It is over. */
  shut: object
}

/** The keepalive's mailbox. */
export interface KeepaliveMailbox {
  /** timer | – | A wait is over. */
  timeout: object
  /** session | – | The peer answered. */
  recvPong: object
  /** session | closech | It is over. */
  shut: object
}

export type SessionMessage = MessageOf<SessionMailbox>
export type StreamMessage = MessageOf<StreamMailbox>
export type OutFramerMessage = MessageOf<OutFramerMailbox>
export type KeepaliveMessage = MessageOf<KeepaliveMailbox>
