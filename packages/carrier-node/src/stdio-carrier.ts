import { closeSync } from 'node:fs'
import type { Carrier } from '@plexus/contract'
import { StreamCarrier, type StreamCarrierOptions } from './stream-carrier.js'

/**
 * Standard input and output of this process as a carrier. From here on they belong to it: one `console.log` would be a
 * broken frame, and the end of our direction closes standard output, so that the other side sees it.
 */
export function stdioCarrier(options: StreamCarrierOptions = {}): Carrier {
  const { stdin, stdout } = process
  stdout.once('finish', () => closeQuietly(stdout.fd))
  return new StreamCarrier(stdin, stdout, { ...options, label: options.label ?? 'stdio' })
}

/** Node never closes standard output by itself. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // It was closed before, by whoever else held it.
  }
}
