import type { Command } from 'commander'
import type { Io } from '../console/io.js'

/** What a command gets from `main`. */
export interface Setting {
  readonly io: Io
  /** Sets the exit code: 0 only if all went well. */
  end(code: number): void
}

/** Adds one command to the program. */
export type AddCommand = (program: Command, setting: Setting) => void

export const SUCCESS = 0
export const FAILURE = 1
/** The command line makes no sense. */
export const USAGE = 2
/** With `--fail`: a server answered with a status of 400 or more. The number is curl's. */
export const HTTP_FAILURE = 22
