import type { Duplex } from 'node:stream'
import type { Carrier } from '@plexus/contract'
import { StreamCarrier, type StreamCarrierOptions } from './stream-carrier.js'

/** Any Node Duplex of bytes as a carrier. Sockets are better off with `socketCarrier`. */
export function duplexCarrier(duplex: Duplex, options: StreamCarrierOptions = {}): Carrier {
  duplex.allowHalfOpen = true
  return new StreamCarrier(duplex, duplex, options)
}
