import { connectionMachine } from './client/pool/connection.machine.js'
import { reverseMachine } from './proxy/reverse.machine.js'

/** The charts of HTTP as written: what is drawn and listed, beside the `machines` of a session. */
export const httpMachines = { connection: connectionMachine, reverse: reverseMachine } as const
