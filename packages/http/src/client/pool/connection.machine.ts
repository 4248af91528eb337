import { setup } from 'xstate'

/** What the chart of a pooled connection governs. */
export interface ConnectionParts {
  /** Dials; tells `dialled` or `failed`. */
  dial(): void
  /** Gives up a dial that is under way; it tells `failed`, or `dialled` if it comes through all the same. */
  giveUpDial(): void
  /** Pings, age, idleness and places of the session are looked after; tells `lost` when it is over. */
  watch(): void
  /** Nobody looks after them any more. */
  stopWatching(): void
  /** There are places: who waits for one is told. */
  offerPlaces(): void
  /** No more requests; tells `emptied` when the last one is over. */
  awaitEmpty(): void
  /** Ends the session in an orderly way, as fast as its owner wants. */
  closeSession(): void
  /** Ends the session now. */
  destroySession(): void
  /** All is over: the pool forgets it. */
  leavePool(): void
  /** A message that no row lists. */
  refuseMessage(type: string): void
}

/** What a pooled connection is told. */
export type ConnectionMessage =
  /** The dial: there is a session. */
  | { readonly type: 'dialled' }
  /** The dial: there is none. */
  | { readonly type: 'failed' }
  /** The session: it takes no more streams for now. */
  | { readonly type: 'filled' }
  /** The session: it takes streams again. */
  | { readonly type: 'freed' }
  /** Age, idleness, ids, identity or the peer's GOAWAY: no more requests; those under way go on. */
  | { readonly type: 'retire' }
  /** The session: no stream is left of a connection that takes no more. */
  | { readonly type: 'emptied' }
  /** The pool, which closes: those under way have so much time. */
  | { readonly type: 'shut' }
  /** The pool, or pings that stay without answer: now. */
  | { readonly type: 'kill' }
  /** The session: it is over, for whatever reason. */
  | { readonly type: 'lost' }

interface Typed {
  context: { readonly parts: ConnectionParts }
  input: ConnectionParts
  events: ConnectionMessage
}

/** A connection of the HTTP client's pool: dials, carries requests while it has places, and lets them end when it is to go. */
export const connectionMachine = setup({
  types: {} as Typed,
  actions: {
    dial: ({ context }) => context.parts.dial(),
    giveUpDial: ({ context }) => context.parts.giveUpDial(),
    watch: ({ context }) => context.parts.watch(),
    stopWatching: ({ context }) => context.parts.stopWatching(),
    offerPlaces: ({ context }) => context.parts.offerPlaces(),
    awaitEmpty: ({ context }) => context.parts.awaitEmpty(),
    closeSession: ({ context }) => context.parts.closeSession(),
    destroySession: ({ context }) => context.parts.destroySession(),
    leavePool: ({ context }) => context.parts.leavePool(),
    refuseMessage: ({ context, event }) => context.parts.refuseMessage(event.type),
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ parts: input }),
  initial: 'connecting',
  on: { '*': { actions: 'refuseMessage' } },
  states: {
    connecting: {
      entry: 'dial',
      on: {
        dialled: { target: 'ready', actions: 'watch' },
        failed: 'closed',
        shut: { target: 'draining', actions: 'giveUpDial' },
        kill: { target: 'draining', actions: 'giveUpDial' },
      },
    },
    ready: {
      entry: 'offerPlaces',
      on: {
        filled: 'busy',
        retire: { target: 'draining', actions: 'awaitEmpty' },
        shut: { target: 'draining', actions: 'closeSession' },
        kill: { target: 'draining', actions: 'destroySession' },
        lost: 'closed',
      },
    },
    busy: {
      on: {
        freed: 'ready',
        retire: { target: 'draining', actions: 'awaitEmpty' },
        shut: { target: 'draining', actions: 'closeSession' },
        kill: { target: 'draining', actions: 'destroySession' },
        lost: 'closed',
      },
    },
    draining: {
      on: {
        emptied: { actions: 'closeSession' },
        shut: { actions: 'closeSession' },
        kill: { actions: 'destroySession' },
        lost: 'closed',
        // Legal: there may be several reasons to go.
        retire: {},
        // The dial came through before it heard that it was given up.
        dialled: { actions: ['watch', 'closeSession'] },
        failed: 'closed',
      },
    },
    closed: { type: 'final', entry: ['stopWatching', 'leavePool'] },
  },
})
