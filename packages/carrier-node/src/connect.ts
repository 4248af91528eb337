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
  const { highWater, timeoutMs = 10_000 } = options
  return arrival({
    what: `connecting to ${label}`,
    signal: options.signal,
    dial: () => dial({ ...target, allowHalfOpen: true } as NetConnectOpts),
    phases: [{ until: 'connect', timeoutMs }],
    arrive: (socket) => socketCarrier(socket, { label, highWater }),
    faultOf: systemError,
  })
}

/** What is waited for until a socket can be used. */
export interface Arrival<S extends Socket, T> {
  /** For errors: what is being done. */
  readonly what: string
  readonly signal: AbortSignal | undefined
  dial(): S
  /** Events in the order in which they come, and how long each may take, ms; 0 is for ever. */
  readonly phases: readonly { readonly until: string; readonly timeoutMs: number }[]
  /** After the last: makes of the socket what was asked for. What it throws is the fault. */
  arrive(socket: S): T
  /** The error for what went wrong. */
  faultOf(what: string, cause: unknown): Error
}

/** Waits until a socket has come through its phases. However it ends, nothing of the wait is left behind. */
export function arrival<S extends Socket, T>(options: Arrival<S, T>): Promise<T> {
  const { what, signal, phases, faultOf } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(what, signal))
      return
    }
    let socket: S
    try {
      socket = options.dial()
    } catch (cause) {
      // Node throws for a port that is none; to the caller that is a failure like any other.
      reject(faultOf(what, cause))
      return
    }
    let timer: unknown
    const onAbort = () => fail(abortError(what, signal!))
    const onError = (cause: Error) => fail(faultOf(what, cause))
    const onClose = () => fail(faultOf(what, new Error('the connection was closed')))
    const settle = () => {
      nodeClock.clearTimer(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: Error) => {
      settle()
      socket.destroy()
      reject(error)
    }
    const wait = (at: number) => {
      nodeClock.clearTimer(timer)
      const phase = phases[at]
      if (phase === undefined) return arrive()
      const { until, timeoutMs } = phase
      const onTimeout = () => fail(carrierError(`${what} took longer than ${timeoutMs} ms`, 'TIMEOUT'))
      timer = timeoutMs > 0 ? nodeClock.setTimer(onTimeout, timeoutMs) : undefined
      socket.once(until, () => wait(at + 1))
    }
    const arrive = () => {
      settle()
      if (socket.destroyed) return onClose()
      try {
        resolve(options.arrive(socket))
        socket.off('error', onError)
        socket.off('close', onClose)
      } catch (cause) {
        fail(faultOf(what, cause))
      }
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('error', onError)
    socket.on('close', onClose)
    wait(0)
  })
}
