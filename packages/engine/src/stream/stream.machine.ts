import type { BlockedOn, HeadersFrame, InformFrame, ReplyFrame } from '@plexus/contract'
import { setup } from 'xstate'
import type { Cause, StreamMessage } from '../messages.js'

/** What the stream's chart governs. Entry actions open and shut gates; the gates then judge every chunk alone. */
export interface StreamParts {
  readonly initiator: 'us' | 'peer'
  /** The peer has nothing (more) to send, from the start. */
  readonly peerStartsEnded: boolean
  /** We have nothing to send, from the start. */
  readonly startsEnded: boolean
  /** The protocol has replies. */
  readonly hasReply: boolean

  gateUntilReply(): void
  openInbox(): void
  holdInbox(): void
  endInbox(): void
  openOutbox(): void
  endOutbox(): void
  wakeReader(): void
  settleReply(frame: ReplyFrame): void
  takeInform(frame: InformFrame): void
  takeHeaders(frame: HeadersFrame): void
  noteBlocked(on: BlockedOn): void
  noteUnblocked(): void
  /** Both halves ended well. */
  settleClosed(): void
  settleReset(by: 'peer' | 'local' | 'session', cause: Cause): void
  /** Sends `fin`. */
  sayFin(): void
  /** The peer sent what the protocol's fault table has a row for. */
  fault(
    name: 'replyTwice' | 'replyAfterEnd' | 'informAfterReply' | 'headersAfterEnd' | 'headersBeforeReply',
  ): void
  /** A message that no row lists. */
  refuseMessage(type: string): void
}

interface Typed {
  context: { readonly parts: StreamParts }
  input: StreamParts
  events: StreamMessage
}

const isLast = ({ event }: { event: StreamMessage }) =>
  ('frame' in event && 'end' in event.frame && event.frame.end) || ('end' in event && event.end)
const waitsFor =
  (on: BlockedOn) =>
  ({ event }: { event: StreamMessage }) =>
    event.type === 'windowEmpty' && event.on === on

/**
 * One stream: two halves that end on their own, and one reset that ends both.
 *
 * RFC 9113 §5.1 and SPDY/3.1 §2.3 name the product of the halves; the tags carry those names.
 */
export const streamMachine = setup({
  types: {} as Typed,
  guards: {
    isOurs: ({ context }) => context.parts.initiator === 'us',
    peerStartsEnded: ({ context }) => context.parts.peerStartsEnded,
    startsEnded: ({ context }) => context.parts.startsEnded,
    awaitsReply: ({ context }) => context.parts.initiator === 'us' && context.parts.hasReply,
    owesReply: ({ context }) => context.parts.initiator === 'peer' && context.parts.hasReply,
    isLast,
    waitsForStreamWindow: waitsFor('streamWindow'),
    waitsForSessionWindow: waitsFor('sessionWindow'),
    waitsForCarrier: waitsFor('carrier'),
  },
  actions: {
    gateUntilReply: ({ context }) => context.parts.gateUntilReply(),
    openInbox: ({ context }) => context.parts.openInbox(),
    holdInbox: ({ context }) => context.parts.holdInbox(),
    endInbox: ({ context }) => context.parts.endInbox(),
    openOutbox: ({ context }) => context.parts.openOutbox(),
    endOutbox: ({ context }) => context.parts.endOutbox(),
    wakeReader: ({ context }) => context.parts.wakeReader(),
    settleReply: ({ context, event }) => event.type === 'recvReply' && context.parts.settleReply(event.frame),
    takeInform: ({ context, event }) => event.type === 'recvInform' && context.parts.takeInform(event.frame),
    takeHeaders: ({ context, event }) =>
      event.type === 'recvHeaders' && context.parts.takeHeaders(event.frame),
    noteBlocked: ({ context, event }) => event.type === 'windowEmpty' && context.parts.noteBlocked(event.on),
    noteUnblocked: ({ context }) => context.parts.noteUnblocked(),
    settleClosed: ({ context }) => context.parts.settleClosed(),
    settleReset: ({ context, event }) =>
      event.type === 'reset' && context.parts.settleReset(event.by, event.cause),
    sayFin: ({ context }) => context.parts.sayFin(),
    faultReplyTwice: ({ context }) => context.parts.fault('replyTwice'),
    faultReplyAfterEnd: ({ context }) => context.parts.fault('replyAfterEnd'),
    faultInformAfterReply: ({ context }) => context.parts.fault('informAfterReply'),
    faultHeadersAfterEnd: ({ context }) => context.parts.fault('headersAfterEnd'),
    faultHeadersBeforeReply: ({ context }) => context.parts.fault('headersBeforeReply'),
    refuseMessage: ({ context, event }) => context.parts.refuseMessage(event.type),
  },
}).createMachine({
  id: 'stream',
  context: ({ input }) => ({ parts: input }),
  initial: 'live',
  on: {
    // XState's own word that one half is done; the other goes on.
    'xstate.done.state.*': {},
    '*': { actions: 'refuseMessage' },
  },
  states: {
    live: {
      type: 'parallel',
      onDone: 'closed',
      on: { reset: 'reset' },
      states: {
        receiving: {
          initial: 'starting',
          on: {
            // SPDY/3.1 §2.3.7: after its end a side sends nothing more on the stream but credit and reset.
            recvReply: { actions: 'faultReplyAfterEnd' },
            // RFC 9110 §15.2: interim replies come before the final one.
            recvInform: { actions: 'faultInformAfterReply' },
            recvHeaders: { actions: 'faultHeadersAfterEnd' },
            // Legal: what is left in the inbox is read after the end came.
            recvRoom: {},
          },
          states: {
            starting: {
              always: [
                { guard: 'peerStartsEnded', target: 'ended' },
                { guard: 'awaitsReply', target: 'awaitingReply' },
                { target: 'flowing' },
              ],
            },
            awaitingReply: {
              entry: 'gateUntilReply',
              on: {
                recvReply: [
                  { guard: 'isLast', target: 'ended', actions: 'settleReply' },
                  { target: 'flowing', actions: 'settleReply' },
                ],
                recvInform: { actions: 'takeInform' },
                recvHeaders: { actions: 'faultHeadersBeforeReply' },
              },
            },
            flowing: {
              entry: 'openInbox',
              on: {
                recvData: { actions: 'wakeReader' },
                recvFull: 'paused',
                recvEnd: 'ended',
                recvHeaders: [
                  { guard: 'isLast', target: 'ended', actions: 'takeHeaders' },
                  { actions: 'takeHeaders' },
                ],
                recvReply: { actions: 'faultReplyTwice' },
              },
            },
            paused: {
              entry: 'holdInbox',
              on: {
                recvRoom: 'flowing',
                // Legal: the last granted bytes may come with a reader in wait, and the end needs no window.
                recvData: { actions: 'wakeReader' },
                recvEnd: 'ended',
                recvHeaders: [
                  { guard: 'isLast', target: 'ended', actions: 'takeHeaders' },
                  { actions: 'takeHeaders' },
                ],
                recvReply: { actions: 'faultReplyTwice' },
              },
            },
            ended: { type: 'final', tags: 'half-closed (remote)', entry: 'endInbox' },
          },
        },
        sending: {
          initial: 'starting',
          on: {
            // Legal: credit may cross with anything (SPDY/3.1 §2.6.8).
            windowUpdate: {},
          },
          states: {
            starting: {
              always: [
                { guard: 'isOurs', target: 'opening' },
                { guard: 'startsEnded', target: 'ended' },
                { guard: 'owesReply', target: 'opening' },
                { target: 'ready' },
              ],
            },
            opening: {
              on: {
                sendOpen: [{ guard: 'isLast', target: 'ended' }, { target: 'ready' }],
                sendReply: [{ guard: 'isLast', target: 'ended' }, { target: 'ready' }],
              },
            },
            ready: {
              entry: 'openOutbox',
              on: {
                sendEnd: 'ended',
                windowEmpty: [
                  { guard: 'waitsForStreamWindow', target: 'blocked.onStreamWindow' },
                  { guard: 'waitsForSessionWindow', target: 'blocked.onSessionWindow' },
                  { guard: 'waitsForCarrier', target: 'blocked.onCarrier' },
                ],
              },
            },
            blocked: {
              exit: 'noteUnblocked',
              on: { windowUpdate: 'ready', sendEnd: 'ended' },
              initial: 'onStreamWindow',
              states: {
                onStreamWindow: { entry: 'noteBlocked' },
                onSessionWindow: { entry: 'noteBlocked' },
                onCarrier: { entry: 'noteBlocked' },
              },
            },
            ended: { type: 'final', tags: 'half-closed (local)', entry: 'endOutbox' },
          },
        },
      },
    },
    closed: { type: 'final', tags: 'closed', entry: ['settleClosed', 'sayFin'] },
    reset: { type: 'final', tags: 'closed', entry: ['settleReset', 'sayFin'] },
  },
})
