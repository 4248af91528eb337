import { setup } from 'xstate'

/** What the chart of a reverse connection governs. */
export interface ReverseParts {
  /** Dials; tells `dialled` or `failed`. */
  dial(): void
  /** Serves what comes on the connection; tells `lost` when it is over. */
  serve(): void
  /** Tells `timeout` when it is time to dial again. */
  awaitRetry(): void
  /** Nobody wants that `timeout` any more. */
  forgetRetry(): void
  /** Gives up a dial that is under way, and closes a connection that is there. */
  closeDown(): void
  /** All is over: whoever waits for that is told. */
  settleClosed(): void
  /** A message that no row lists. */
  refuseMessage(type: string): void
}

/** What a reverse connection is told. */
export type ReverseMessage =
  /** Its owner: begin. */
  | { readonly type: 'start' }
  /** The dial: there is a connection. */
  | { readonly type: 'dialled' }
  /** The dial: there is none. */
  | { readonly type: 'failed' }
  /** The connection: it is over, for whatever reason. */
  | { readonly type: 'lost' }
  /** The clock: it is time to dial again. */
  | { readonly type: 'timeout' }
  /** Its owner: end. */
  | { readonly type: 'shut' }

interface Typed {
  context: { readonly parts: ReverseParts }
  input: ReverseParts
  events: ReverseMessage
}

/** Keeps a connection to a proxy that sends requests to us who dialled it (AM-13): dials, serves, and dials again for ever. */
export const reverseMachine = setup({
  types: {} as Typed,
  actions: {
    dial: ({ context }) => context.parts.dial(),
    serve: ({ context }) => context.parts.serve(),
    awaitRetry: ({ context }) => context.parts.awaitRetry(),
    forgetRetry: ({ context }) => context.parts.forgetRetry(),
    closeDown: ({ context }) => context.parts.closeDown(),
    settleClosed: ({ context }) => context.parts.settleClosed(),
    refuseMessage: ({ context, event }) => context.parts.refuseMessage(event.type),
  },
}).createMachine({
  id: 'reverse',
  context: ({ input }) => ({ parts: input }),
  initial: 'idle',
  on: { '*': { actions: 'refuseMessage' } },
  states: {
    idle: {
      on: { start: 'dialling', shut: 'closed' },
    },
    dialling: {
      entry: 'dial',
      on: { dialled: 'serving', failed: 'waiting', shut: 'closing' },
    },
    serving: {
      entry: 'serve',
      on: { lost: 'waiting', shut: 'closing' },
    },
    waiting: {
      entry: 'awaitRetry',
      exit: 'forgetRetry',
      on: { timeout: 'dialling', shut: 'closed' },
    },
    closing: {
      entry: 'closeDown',
      on: {
        // The dial came through before it heard that it was given up.
        dialled: { actions: ['serve', 'closeDown'] },
        failed: 'closed',
        lost: 'closed',
        // Legal: said twice.
        shut: {},
      },
    },
    closed: { type: 'final', entry: 'settleClosed' },
  },
})
