import { connect as dial, type NetConnectOpts, type Socket } from 'node:net'
import type { Carrier } from '@plexus/contract'
import { abortError, carrierError, systemError } from './errors.js'
import { nodeClock } from './node-clock.js'
import { socketCarrier, tcpLabel } from './socket-carrier.js'

export interface ConnectOptions {
  /** Gives up: the promise rejects with code CANCEL. */
  readonly signal?: AbortSignal | undefined
  /** How long a connection may take to come about, ms; 0 is for ever. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Bytes taken and not yet handed on above which the carrier is full. Default 128 KiB. */
  readonly highWater?: number | undefined
}

export interface ConnectTcpOptions extends ConnectOptions {
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
}

/**
 * Connects to a TCP port. Rejects with a {@link PlexusError} of scope `request`: CONNECTION_LOST with the system's
 * error as its cause, TIMEOUT, or CANCEL.
 */
export function connectTcp(options: ConnectTcpOptions): Promise<Carrier> {
  const { host = '127.0.0.1', port } = options
  return connect({ host, port }, tcpLabel(host, port), options)
}

/** Connects to a Unix socket. Rejects as {@link connectTcp} does. */
export function connectUnix(path: string, options: ConnectOptions = {}): Promise<Carrier> {
  return connect({ path }, `unix ${path}`, options)
}

function connect(target: NetConnectOpts, label: string, options: ConnectOptions): Promise<Carrier> {
  const { signal, timeoutMs = 10_000, highWater } = options
  const what = `connecting to ${label}`
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(what, signal))
      return
    }
    let socket: Socket
    try {
      socket = dial({ ...target, allowHalfOpen: true } as NetConnectOpts)
    } catch (cause) {
      // Node throws for a port that is none; to the caller that is a failure like any other.
      reject(systemError(what, cause))
      return
    }
    const onTimeout = () => fail(carrierError(`${what} took longer than ${timeoutMs} ms`, 'TIMEOUT'))
    const onAbort = () => fail(abortError(what, signal!))
    const onError = (cause: Error) => fail(systemError(what, cause))
    const timer = timeoutMs > 0 ? nodeClock.setTimer(onTimeout, timeoutMs) : undefined
    const settle = () => {
      nodeClock.clearTimer(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: Error) => {
      settle()
      socket.destroy()
      reject(error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('error', onError)
    socket.once('connect', () => {
      settle()
      resolve(socketCarrier(socket, { label, highWater }))
      socket.off('error', onError)
    })
  })
}
