import type { TLSSocket } from 'node:tls'
import type { Carrier } from '@plexus/contract'
import { tcpLabel } from './socket-carrier.js'
import { StreamCarrier, type StreamCarrierOptions } from './stream-carrier.js'

/** A carrier over TLS, and what the handshake settled. */
export interface TlsCarrier extends Carrier {
  /** The protocol that ALPN chose; undefined if it chose none. */
  readonly alpn: string | undefined
  /** The name that the client asked for (SNI); undefined if it asked for none. */
  readonly servername: string | undefined
}

/**
 * A TLS socket behind its handshake as a carrier.
 *
 * Node tells the end of TLS (close_notify) and the end of TCP beneath it with one and the same event, so a connection
 * that was cut looks ended here. What was cut off shows one layer up: a stream has its own end in its frames, and one that is open
 * when the carrier ends fails with CONNECTION_LOST (B16).
 */
export function tlsCarrier(socket: TLSSocket, options: StreamCarrierOptions = {}): TlsCarrier {
  return new TlsSocketCarrier(socket, options)
}

class TlsSocketCarrier extends StreamCarrier implements TlsCarrier {
  readonly alpn: string | undefined
  readonly servername: string | undefined

  constructor(socket: TLSSocket, options: StreamCarrierOptions) {
    socket.allowHalfOpen = true
    socket.setNoDelay(true)
    super(socket, socket, { ...options, label: options.label ?? labelOf(socket) })
    this.alpn = alpnOf(socket)
    this.servername = servernameOf(socket)
  }
}

/** Node says `false` where ALPN chose nothing. */
export function alpnOf({ alpnProtocol }: TLSSocket): string | undefined {
  return typeof alpnProtocol === 'string' && alpnProtocol !== '' ? alpnProtocol : undefined
}

function servernameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false | null }
  return typeof servername === 'string' && servername !== '' ? servername : undefined
}

const labelOf = ({ remoteAddress, remotePort }: TLSSocket) =>
  remoteAddress === undefined || remotePort === undefined ? 'tls' : tlsLabel(remoteAddress, remotePort)

/** `tls 127.0.0.1:443`, `tls [::1]:443`. */
export const tlsLabel = (host: string, port: number) => tcpLabel(host, port).replace(/^tcp/, 'tls')
