import type { Socket } from 'node:net'
import type { Carrier } from '@plexus/contract'
import { StreamCarrier, type StreamCarrierOptions } from './stream-carrier.js'

/** A connected TCP or Unix socket as a carrier. Small writes leave at once (TCP_NODELAY). */
export function socketCarrier(socket: Socket, options: StreamCarrierOptions = {}): Carrier {
  socket.allowHalfOpen = true
  socket.setNoDelay(true)
  return new StreamCarrier(socket, socket, { ...options, label: options.label ?? labelOf(socket) })
}

function labelOf(socket: Socket): string {
  const { remoteAddress, remotePort } = socket
  return remoteAddress === undefined || remotePort === undefined
    ? 'unix'
    : tcpLabel(remoteAddress, remotePort)
}

/** `tcp 127.0.0.1:80`, `tcp [::1]:80`. */
export function tcpLabel(host: string, port: number): string {
  return `tcp ${host.includes(':') ? `[${host}]` : host}:${port}`
}
