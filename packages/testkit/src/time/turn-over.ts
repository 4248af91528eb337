// Taken at load, so that a test runner's fake timers do not reach them.
const { setImmediate: immediate, MessageChannel: Channel } = globalThis

/** Calls `run` in a later turn of the real event loop: every promise reaction that is due comes first. */
export const laterTurn: (run: () => void) => void =
  typeof immediate === 'function' ? (run) => void immediate(run) : byMessage

/** Settles when the promise reactions that are due, and those that follow from them, are done. */
export function turnOver(): Promise<void> {
  return new Promise(laterTurn)
}

function byMessage(run: () => void): void {
  const { port1, port2 } = new Channel()
  port1.onmessage = () => {
    port1.close()
    run()
  }
  port2.postMessage(undefined)
}
