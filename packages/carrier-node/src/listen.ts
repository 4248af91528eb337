import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Carrier } from '@plexus/contract'
import { Acceptor } from './acceptor.js'
import { abortError, systemCode, systemError } from './errors.js'
import { socketCarrier, tcpLabel } from './socket-carrier.js'
import { freeStalePath } from './unix-path.js'

export interface ListenOptions {
  /** Ends the listening, as `close()` does, or the wait for it. */
  readonly signal?: AbortSignal | undefined
  /** Bytes taken and not yet handed on above which a carrier is full. Default 128 KiB. */
  readonly highWater?: number | undefined
  /** Connections the system holds for us until we accept them. Default 511. */
  readonly backlog?: number | undefined
}

export interface ListenTcpOptions extends ListenOptions {
  /** Default 0: any that is free. */
  readonly port?: number | undefined
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string | undefined
}

export interface ListenUnixOptions extends ListenOptions {
  readonly path: string
}

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

export interface UnixAddress {
  readonly path: string
}

/** Gets each accepted connection, in the turn in which it was accepted, and the socket below it, to be looked at only. */
export type CarrierHandler = (carrier: Carrier, socket: Socket) => void

/** An open door. */
export interface CarrierListener<Address = TcpAddress | UnixAddress> extends AsyncDisposable {
  /** Where it is reached. */
  readonly address: Address
  /** Accepts no more. Carriers that were accepted live on. */
  close(): Promise<void>
}

/** Listens on a TCP port. Rejects with a request error: CONNECTION_LOST with the system's error as its cause, or CANCEL. */
export async function listenTcp(
  options: ListenTcpOptions,
  onCarrier: CarrierHandler,
): Promise<CarrierListener<TcpAddress>> {
  const { highWater } = options
  return listenTcpSockets(options, (socket) => onCarrier(socketCarrier(socket, { highWater }), socket))
}

/** The same, for the sockets themselves. Each has an error listener that stays. */
export async function listenTcpSockets(
  options: ListenTcpOptions,
  onSocket: (socket: Socket) => void,
): Promise<CarrierListener<TcpAddress>> {
  const { host = '127.0.0.1', port = 0 } = options
  const where = { host, port, backlog: options.backlog }
  const server = serverOf((socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  const acceptor = new Acceptor(server, where)
  const what = `listening on ${tcpLabel(host, port)}`
  await open(acceptor, what, options.signal)
  const { address, port: actual } = acceptor.server.address() as AddressInfo
  return doorOf(acceptor, { host: address, port: actual }, options.signal)
}

/**
 * Listens on a Unix socket. A socket file on which nobody answers any more is replaced; any other file is in the way.
 * Rejects as {@link listenTcp} does.
 */
export async function listenUnix(
  options: ListenUnixOptions,
  onCarrier: CarrierHandler,
): Promise<CarrierListener<UnixAddress>> {
  const { path, highWater, signal } = options
  const label = `unix ${path}`
  const where = { path, backlog: options.backlog }
  const server = serverOf((socket) => onCarrier(socketCarrier(socket, { label, highWater }), socket))
  const acceptor = new Acceptor(server, where)
  const what = `listening on ${label}`
  try {
    await open(acceptor, what, signal)
  } catch (error) {
    const isTaken = systemCode((error as Error).cause) === 'EADDRINUSE'
    if (!isTaken || !(await freeStalePath(path))) throw error
    await open(acceptor, what, signal)
  }
  return doorOf(acceptor, { path }, signal)
}

function serverOf(onSocket: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
}

/** Opens the door, unless the signal says otherwise. Rejects as {@link listenTcp} does. */
export async function open(acceptor: Acceptor, what: string, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) throw abortError(what, signal)
  await acceptor.open().catch((cause: unknown) => {
    throw systemError(what, cause)
  })
  if (!signal?.aborted) return
  acceptor.close()
  throw abortError(what, signal)
}

/** An open door, shut by its signal too. @param also what is to be done when it is shut */
export function doorOf<Address>(
  acceptor: Acceptor,
  address: Address,
  signal: AbortSignal | undefined,
  also?: () => void,
): CarrierListener<Address> {
  const shut = () => {
    signal?.removeEventListener('abort', shut)
    acceptor.close()
    also?.()
  }
  const close = async () => shut()
  signal?.addEventListener('abort', shut, { once: true })
  return { address, close, [Symbol.asyncDispose]: close }
}
