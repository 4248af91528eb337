import { setup } from 'xstate'
import type { OutFramerMessage } from '../messages.js'

/** What the outFramer's chart governs. */
export interface OutFramerParts {
  /** Nobody writes: the next request must say so. */
  awaitRequest(): void
  /** Has the pump run once at the end of this turn. */
  schedulePump(): void
  /** The carrier is full: from now on it is being timed. */
  noteStall(): void
  noteDrain(): void
  /** Lets go of all that waits. */
  dropAll(): void
  /** A message that no row lists. */
  refuseMessage(type: string): void
}

interface Typed {
  context: { readonly parts: OutFramerParts }
  input: OutFramerParts
  events: OutFramerMessage
}

/**
 * The arbiter of writes. Its ancestor lent a lock to whoever was first; this one lends nothing: while it pumps, it pulls
 * one frame at a time from whoever is first, so a writer that died has simply nothing to give.
 */
export const outFramerMachine = setup({
  types: {} as Typed,
  actions: {
    awaitRequest: ({ context }) => context.parts.awaitRequest(),
    schedulePump: ({ context }) => context.parts.schedulePump(),
    noteStall: ({ context }) => context.parts.noteStall(),
    noteDrain: ({ context }) => context.parts.noteDrain(),
    dropAll: ({ context }) => context.parts.dropAll(),
    refuseMessage: ({ context, event }) => context.parts.refuseMessage(event.type),
  },
}).createMachine({
  id: 'outFramer',
  context: ({ input }) => ({ parts: input }),
  initial: 'idle',
  on: { shut: '.shut', '*': { actions: 'refuseMessage' } },
  states: {
    idle: {
      entry: 'awaitRequest',
      on: {
        request: 'pumping',
        // Legal: the carrier drains what was written last.
        drain: {},
      },
    },
    pumping: {
      entry: 'schedulePump',
      on: {
        stall: 'stalled',
        rest: 'idle',
        // Legal: the run to come serves them.
        request: {},
        drain: {},
      },
    },
    stalled: {
      entry: 'noteStall',
      exit: 'noteDrain',
      on: {
        drain: 'pumping',
        // Legal: the run after the drain serves it.
        request: {},
      },
    },
    shut: { type: 'final', entry: 'dropAll' },
  },
})
