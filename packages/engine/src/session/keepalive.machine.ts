import { setup } from 'xstate'
import type { KeepaliveMessage } from '../messages.js'

/** What the keepalive's chart governs. */
export interface KeepaliveParts {
  /** Something came from the peer within the interval. */
  readonly heardLately: boolean
  /** Wakes the keepalive when the peer has been silent for the interval. */
  awaitSilence(): void
  /** Sends a ping and wakes the keepalive when it has had its time. */
  sendPing(): void
  /** The peer is gone: sends the session its `closeMsg`. */
  giveUp(): void
  /** A message that no row lists. */
  refuseMessage(type: string): void
}

interface Typed {
  context: { readonly parts: KeepaliveParts }
  input: KeepaliveParts
  events: KeepaliveMessage
}

/** Finds out whether the peer is still there (B08): asks after a silence, gives up when there is no answer. */
export const keepaliveMachine = setup({
  types: {} as Typed,
  guards: {
    heardLately: ({ context }) => context.parts.heardLately,
  },
  actions: {
    awaitSilence: ({ context }) => context.parts.awaitSilence(),
    sendPing: ({ context }) => context.parts.sendPing(),
    giveUp: ({ context }) => context.parts.giveUp(),
    refuseMessage: ({ context, event }) => context.parts.refuseMessage(event.type),
  },
}).createMachine({
  id: 'keepalive',
  context: ({ input }) => ({ parts: input }),
  initial: 'quiet',
  on: { shut: '.over', '*': { actions: 'refuseMessage' } },
  states: {
    quiet: {
      entry: 'awaitSilence',
      on: {
        timeout: [{ guard: 'heardLately', target: 'quiet', reenter: true }, { target: 'waitingForPong' }],
        // Legal: the answer to a ping that somebody else sent.
        recvPong: {},
      },
    },
    waitingForPong: {
      entry: 'sendPing',
      on: {
        recvPong: 'quiet',
        // Whatever comes shows that the peer lives, though its answer is late (B22).
        timeout: [{ guard: 'heardLately', target: 'quiet' }, { target: 'lost' }],
      },
    },
    lost: { type: 'final', entry: 'giveUp' },
    over: { type: 'final' },
  },
})
