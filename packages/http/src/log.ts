/** Where does it say what it does? To a logger that is shaped like pino, if one is given; silent by default. */

/** Takes an object of facts and a sentence. */
export type LogFunction = (facts: object, message: string) => void

/**
 * What pino, and what is like it, offers. Two levels matter: what is said always (`warn` for what failed, `error` for what
 * threw), and `debug` for every request. A level that is left out is silent, so debug is on where a function for it is
 * given and its owner lets it through (pino: `level: 'debug'`).
 */
export interface HttpLogger {
  readonly debug?: LogFunction
  readonly info?: LogFunction
  readonly warn?: LogFunction
  readonly error?: LogFunction
}

/** A logger with all its levels. */
export interface Log {
  debug: LogFunction
  warn: LogFunction
  error: LogFunction
}

/** A logger that throws is told nothing of it: it must not end what it writes about. Undefined: silent. */
export function logOf(logger: HttpLogger | undefined): Log | undefined {
  if (logger === undefined) return undefined
  const at = (level: 'debug' | 'warn' | 'error'): LogFunction => {
    return (facts, message) => {
      try {
        logger[level]?.(facts, message)
      } catch {
        // Nobody is left to tell.
      }
    }
  }
  return { debug: at('debug'), warn: at('warn'), error: at('error') }
}
