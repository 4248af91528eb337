import { createServer, type Server, type Socket } from 'node:net'
import type { Carrier } from '@plexus/contract'
import { abortError, carrierError, systemCode } from './errors.js'
import { socketCarrier } from './socket-carrier.js'

export interface ListenOptions {
  /** Ends the listening, and the wait for it. */
  readonly signal?: AbortSignal | undefined
  /** Bytes taken and not yet handed on above which a carrier is full. Default 128 KiB. */
  readonly highWater?: number | undefined
}

export interface ListenTcpOptions extends ListenOptions {
  /** Default 0: any that is free. */
  readonly port?: number | undefined
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
}

/** An open door. */
export interface CarrierListener {
  /** Where it is reached. */
  readonly address: { readonly host: string; readonly port: number }
  /** Accepts no more. Carriers that were accepted live on. */
  close(): Promise<void>
}

/** Listens on a TCP port; `onCarrier` gets each connection. */
export function listenTcp(
  options: ListenTcpOptions,
  onCarrier: (carrier: Carrier) => void,
): Promise<CarrierListener> {
  const { host = '127.0.0.1', port = 0, signal, highWater } = options
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
    onCarrier(socketCarrier(socket, highWater === undefined ? {} : { highWater }))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        carrierError(`listening on ${host}:${port} failed: ${systemCode(cause)}`, 'CONNECTION_LOST', cause),
      ),
    )
    if (signal?.aborted) return reject(abortError(`listening on ${host}:${port}`, signal))
    server.listen({ host, port }, () => {
      const address = server.address() as { address: string; port: number }
      const close = async () => void server.close()
      signal?.addEventListener('abort', close, { once: true })
      resolve({ address: { host: address.address, port: address.port }, close })
    })
  })
}
