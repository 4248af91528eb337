import type { GoAwayFrame, OpenFrame, PingFrame, SettingsFrame } from '@plexus/contract'
import { setup } from 'xstate'
import type { Cause, CloseManner, SessionMessage } from '../messages.js'

/** What the session's chart governs. */
export interface SessionParts {
  /** The protocol has a greeting, and it has not come. */
  readonly awaitsGreeting: boolean
  /** The protocol announces its go-away twice. */
  readonly goesAwayTwice: boolean
  readonly acknowledgesSettings: boolean
  /** No stream is left, and none waits to be opened. */
  readonly isEmpty: boolean
  /** The peer answered the ping that went out behind our announcement: it has heard it. */
  hasHeardGoAway(frame: PingFrame): boolean

  sendGreeting(): void
  awaitGreeting(): void
  /** The peer's greeting did not come in time. */
  blameGreeting(): void
  /** The peer ended its bytes instead of greeting. */
  blameEnd(): void
  /** The peer said something else before its greeting. */
  faultGreeting(): void
  /** Our settings are on their way; the peer has so long to acknowledge them. */
  awaitAck(): void
  stopAwaitingAck(): void
  blameAck(): void
  /** The peer acknowledged settings that nobody sent. */
  noteStrayAck(): void
  /** From now on streams may be opened by us. */
  openGate(): void
  shutGate(): void
  acceptStream(frame: OpenFrame): void
  ignoreStream(frame: OpenFrame): void
  forgetStream(stream: object): void
  applySettings(frame: SettingsFrame): void
  answerPing(frame: PingFrame): void
  settlePing(frame: PingFrame): void
  /** First phase of a graceful end where the protocol has two: no new streams, please. */
  announceGoAway(): void
  /** Tells the peer which of its streams were taken. */
  sendGoAway(): void
  startDrain(): void
  /** Lets the streams that are open so much time and no more; less than before, if somebody asks again. */
  limitDrain(): void
  /** The streams did not end in that time. */
  blameDrain(): void
  /** Streams of ours that the peer never took fail, retryable. */
  failAbove(frame: GoAwayFrame): void
  /** The carrier brings nothing more: whoever waits for bytes fails. */
  failReceivers(): void
  noteWindowEmpty(): void
  startClosing(cause: Cause | undefined, manner: CloseManner): void
  noteLost(error: Error | undefined): void
  /** The carrier broke while the session closed: no orderly end, whatever the streams came to. */
  noteBroken(error: Error | undefined): void
  abandonCarrier(): void
  settleClosed(): void
  /** An action of a stream's, the outFramer's or the keepalive's threw: its chart is dead. */
  blameUs(error: unknown): void
  refuseMessage(type: string): void
}

interface Typed {
  context: { readonly parts: SessionParts }
  input: SessionParts
  events: SessionMessage
}

/**
 * One session. It owns the streams; everything else it does is to say what is legal now.
 *
 * `fin` and the pings are the same everywhere, so they stand at `live`; what opens, drains and ends stands in `phase`.
 */
export const sessionMachine = setup({
  types: {} as Typed,
  guards: {
    awaitsGreeting: ({ context }) => context.parts.awaitsGreeting,
    goesAwayTwice: ({ context }) => context.parts.goesAwayTwice,
    acknowledgesSettings: ({ context }) => context.parts.acknowledgesSettings,
    isEmpty: ({ context }) => context.parts.isEmpty,
    hasHeardGoAway: ({ context, event }) =>
      event.type === 'recvPing' && event.frame.ack && context.parts.hasHeardGoAway(event.frame),
    isAck: ({ event }) => 'frame' in event && 'ack' in event.frame && event.frame.ack,
  },
  actions: {
    sendGreeting: ({ context }) => context.parts.sendGreeting(),
    awaitGreeting: ({ context }) => context.parts.awaitGreeting(),
    blameGreeting: ({ context }) => context.parts.blameGreeting(),
    blameEnd: ({ context }) => context.parts.blameEnd(),
    faultGreeting: ({ context }) => context.parts.faultGreeting(),
    awaitAck: ({ context }) => context.parts.awaitAck(),
    stopAwaitingAck: ({ context }) => context.parts.stopAwaitingAck(),
    blameAck: ({ context }) => context.parts.blameAck(),
    noteStrayAck: ({ context }) => context.parts.noteStrayAck(),
    openGate: ({ context }) => context.parts.openGate(),
    shutGate: ({ context }) => context.parts.shutGate(),
    acceptStream: ({ context, event }) =>
      event.type === 'recvOpen' && context.parts.acceptStream(event.frame),
    ignoreStream: ({ context, event }) =>
      event.type === 'recvOpen' && context.parts.ignoreStream(event.frame),
    forgetStream: ({ context, event }) => event.type === 'fin' && context.parts.forgetStream(event.stream),
    applySettings: ({ context, event }) =>
      event.type === 'recvSettings' && context.parts.applySettings(event.frame),
    answerPing: ({ context, event }) => event.type === 'recvPing' && context.parts.answerPing(event.frame),
    settlePing: ({ context, event }) => event.type === 'recvPing' && context.parts.settlePing(event.frame),
    announceGoAway: ({ context }) => context.parts.announceGoAway(),
    sendGoAway: ({ context }) => context.parts.sendGoAway(),
    startDrain: ({ context }) => context.parts.startDrain(),
    limitDrain: ({ context }) => context.parts.limitDrain(),
    blameDrain: ({ context }) => context.parts.blameDrain(),
    failAbove: ({ context, event }) => event.type === 'recvGoAway' && context.parts.failAbove(event.frame),
    failReceivers: ({ context }) => context.parts.failReceivers(),
    noteWindowEmpty: ({ context }) => context.parts.noteWindowEmpty(),
    startClosing: ({ context, event }) =>
      event.type === 'closeMsg'
        ? context.parts.startClosing(event.cause, event.manner ?? 'told')
        : context.parts.startClosing(undefined, 'told'),
    noteLost: ({ context, event }) => event.type === 'carrierClosed' && context.parts.noteLost(event.error),
    noteBroken: ({ context, event }) =>
      event.type === 'carrierClosed' && context.parts.noteBroken(event.error),
    abandonCarrier: ({ context }) => context.parts.abandonCarrier(),
    settleClosed: ({ context }) => context.parts.settleClosed(),
    blameUs: ({ context, event }) =>
      context.parts.blameUs('error' in event ? (event as { error: unknown }).error : undefined),
    refuseMessage: ({ context, event }) => context.parts.refuseMessage(event.type),
  },
}).createMachine({
  id: 'session',
  context: ({ input }) => ({ parts: input }),
  initial: 'live',
  on: {
    // XState's own word that a child reached its end; `fin` has said so already.
    'xstate.done.actor.*': {},
    // XState's word that a child's action threw.
    'xstate.error.actor.*': { actions: 'blameUs' },
    '*': { actions: 'refuseMessage' },
  },
  states: {
    live: {
      type: 'parallel',
      on: {
        closeMsg: 'closing',
        carrierClosed: { target: 'closed', actions: 'noteLost' },
        fin: { actions: 'forgetStream' },
        recvPing: [{ guard: 'isAck', actions: 'settlePing' }, { actions: 'answerPing' }],
      },
      states: {
        phase: {
          initial: 'starting',
          states: {
            starting: {
              entry: 'sendGreeting',
              always: [{ guard: 'awaitsGreeting', target: 'greeting' }, { target: 'open' }],
            },
            greeting: {
              entry: 'awaitGreeting',
              on: {
                // RFC 9113 §3.4: the first frame is SETTINGS, and an acknowledgement is an answer, no greeting.
                recvSettings: [
                  { guard: 'isAck', actions: 'faultGreeting' },
                  { target: 'open', actions: 'applySettings' },
                ],
                recvOpen: { actions: 'faultGreeting' },
                recvPing: { actions: 'faultGreeting' },
                timeout: { target: '#session.closing', actions: 'blameGreeting' },
                // A client may have opened streams already (RFC 9113 §3.4).
                drainMsg: [{ guard: 'isEmpty', target: '#session.closing' }, { target: 'draining.local' }],
                recvEnd: { target: '#session.closing', actions: 'blameEnd' },
                recvGoAway: { target: 'draining.remote', actions: 'failAbove' },
              },
            },
            open: {
              entry: 'openGate',
              exit: 'shutGate',
              on: {
                recvOpen: { actions: 'acceptStream' },
                recvSettings: { actions: 'applySettings' },
                drainMsg: 'draining.local',
                recvGoAway: { target: 'draining.remote', actions: 'failAbove' },
                recvEnd: 'draining.deaf',
                // Nothing but pings moved for as long as a session may idle.
                timeout: '#session.closing',
              },
            },
            draining: {
              entry: 'startDrain',
              on: {
                timeout: { target: '#session.closing', actions: 'blameDrain' },
                // RFC 9113 §6.8 and SPDY/3.1 §2.6.6: what was open goes on, and settings have nothing to do with it.
                recvSettings: { actions: 'applySettings' },
                // SPDY/3.1 §2.6.6: whoever went away ignores new streams.
                recvOpen: { actions: 'ignoreStream' },
                recvEnd: '.deaf',
                drainMsg: { actions: 'limitDrain' },
              },
              initial: 'local',
              states: {
                local: {
                  entry: 'limitDrain',
                  initial: 'starting',
                  on: { recvGoAway: { target: 'both', actions: 'failAbove' } },
                  states: {
                    starting: {
                      always: [{ guard: 'goesAwayTwice', target: 'announced' }, { target: 'said' }],
                    },
                    announced: {
                      entry: 'announceGoAway',
                      on: {
                        // RFC 9113 §6.8: streams that were on their way are still taken, for a round trip.
                        recvOpen: { actions: 'acceptStream' },
                        // Other pings may be on their way; only our own says that the round trip is over.
                        recvPing: [
                          { guard: 'hasHeardGoAway', target: 'said', actions: 'settlePing' },
                          { guard: 'isAck', actions: 'settlePing' },
                          { actions: 'answerPing' },
                        ],
                      },
                    },
                    said: {
                      entry: 'sendGoAway',
                      always: { guard: 'isEmpty', target: '#session.closing' },
                    },
                  },
                },
                // RFC 9113 §6.8: it goes away when it is done; how long that takes is its own affair.
                remote: {
                  always: { guard: 'isEmpty', target: '#session.closing' },
                  on: {
                    drainMsg: 'both',
                    // RFC 9113 §6.8: it takes no more streams of ours, and may open some of its own.
                    recvOpen: { actions: 'acceptStream' },
                    // RFC 9113 §6.8: a second one may lower the last id.
                    recvGoAway: { actions: 'failAbove' },
                  },
                },
                both: {
                  entry: ['limitDrain', 'sendGoAway'],
                  always: { guard: 'isEmpty', target: '#session.closing' },
                  on: { recvGoAway: { actions: 'failAbove' } },
                },
                deaf: {
                  entry: ['limitDrain', 'failReceivers'],
                  always: { guard: 'isEmpty', target: '#session.closing' },
                  // Legal: bytes that came before the end may be in our hands still.
                  on: { recvGoAway: { actions: 'failAbove' }, recvEnd: {} },
                },
              },
            },
          },
        },
        sendWindow: {
          initial: 'open',
          states: {
            open: {
              on: {
                windowEmpty: 'empty',
                // Legal: credit may come at any time.
                windowUpdate: {},
              },
            },
            empty: {
              entry: 'noteWindowEmpty',
              on: { windowUpdate: 'open', windowEmpty: {} },
            },
          },
        },
        settings: {
          initial: 'starting',
          states: {
            starting: {
              always: [{ guard: 'acknowledgesSettings', target: 'inFlight' }, { target: 'settled' }],
            },
            inFlight: {
              entry: 'awaitAck',
              on: {
                recvSettings: { guard: 'isAck', target: 'settled', actions: 'stopAwaitingAck' },
                // RFC 9113 §6.5.3: a peer that acknowledges too late may be told SETTINGS_TIMEOUT.
                ackTimeout: { target: '#session.closing', actions: 'blameAck' },
              },
            },
            settled: { on: { recvSettings: { guard: 'isAck', actions: 'noteStrayAck' } } },
          },
        },
      },
    },
    closing: {
      entry: 'startClosing',
      on: {
        carrierClosed: { target: 'closed', actions: 'noteBroken' },
        timeout: { target: 'closed', actions: 'abandonCarrier' },
        fin: { actions: 'forgetStream' },
        // The first one wins.
        closeMsg: {},
        drainMsg: {},
        // RFC 9113 §5.4.1, SPDY/3.1 §2.4.1: after the last frame nothing of the peer matters but the end of its bytes.
        recvOpen: {},
        recvSettings: {},
        recvPing: {},
        recvGoAway: {},
        recvEnd: {},
        windowEmpty: {},
        windowUpdate: {},
        ackTimeout: {},
      },
    },
    closed: { type: 'final', entry: 'settleClosed' },
  },
})
