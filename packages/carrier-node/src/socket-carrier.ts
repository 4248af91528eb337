import type { Socket } from 'node:net'
import type { Carrier } from '@plexus/contract'
import { StreamCarrier, type StreamCarrierOptions } from './stream-carrier.js'

/** A connected TCP or Unix socket as a carrier. Small writes leave at once (TCP_NODELAY). */
export function socketCarrier(socket: Socket, options: StreamCarrierOptions = {}): Carrier {
  socket.allowHalfOpen = true
  socket.setNoDelay(true)
  return new StreamCarrier(socket, socket, { label: labelOf(socket), ...options })
}

function labelOf(socket: Socket): string {
  const { remoteAddress, remotePort } = socket
  if (remoteAddress === undefined) return 'unix'
  return `tcp ${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`
}
