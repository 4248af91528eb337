import { connect as connectSocket, type NetConnectOpts, type Socket } from 'node:net'
import type { Carrier } from '@plexus/contract'
import { abortError, carrierError, systemCode } from './errors.js'
import { socketCarrier } from './socket-carrier.js'

export interface ConnectOptions {
  /** Gives up; the promise rejects with code CANCEL. */
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

/** Connects to a TCP port. Rejects with a request error: CONNECTION_LOST, TIMEOUT or CANCEL. */
export function connectTcp(options: ConnectTcpOptions): Promise<Carrier> {
  const { host = '127.0.0.1', port } = options
  return connected({ host, port, noDelay: true }, `tcp ${host}:${port}`, options)
}

/** Connects to a Unix socket. Rejects as {@link connectTcp} does. */
export function connectUnix(path: string, options: ConnectOptions = {}): Promise<Carrier> {
  return connected({ path }, `unix ${path}`, options)
}

function connected(target: NetConnectOpts, label: string, options: ConnectOptions): Promise<Carrier> {
  const { signal, timeoutMs = 10_000, highWater } = options
  if (signal?.aborted) return Promise.reject(abortError(`connecting to ${label}`, signal))
  return new Promise((resolve, reject) => {
    const socket = dial(target, reject, label)
    if (socket === undefined) return
    const timer = timeoutMs > 0 && timeoutMs < 2 ** 31 ? setTimeout(onTimeout, timeoutMs) : undefined

    function onTimeout() {
      fail(carrierError(`connecting to ${label} took longer than ${timeoutMs} ms`, 'TIMEOUT'))
    }
    function onAbort() {
      fail(abortError(`connecting to ${label}`, signal!))
    }
    function onError(cause: Error) {
      fail(carrierError(`connecting to ${label} failed: ${reason(cause)}`, 'CONNECTION_LOST', cause))
    }
    function fail(error: Error) {
      settle()
      socket!.on('error', () => undefined).destroy()
      reject(error)
    }
    function settle() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket!.off('error', onError)
    }

    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('error', onError)
    socket.once('connect', () => {
      const carrier = socketCarrier(socket, { label, ...(highWater === undefined ? {} : { highWater }) })
      settle()
      resolve(carrier)
    })
  })
}

/** Node throws for a port that is none; to the caller that is a failure like any other. */
function dial(target: NetConnectOpts, reject: (error: Error) => void, label: string): Socket | undefined {
  try {
    return connectSocket({ ...target, allowHalfOpen: true } as NetConnectOpts)
  } catch (cause) {
    reject(carrierError(`connecting to ${label} failed: ${reason(cause)}`, 'CONNECTION_LOST', cause))
    return undefined
  }
}

function reason(cause: unknown): string {
  return systemCode(cause) ?? (cause as Error).message
}
