import { closeSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { Carrier } from '@plexus/contract'
import { StreamCarrier, type StreamCarrierOptions } from './stream-carrier.js'

/**
 * Standard input and output of this process as a carrier. From here on they belong to it: one `console.log` would be a
 * broken frame. The end of our direction closes standard output, so that the other side sees it.
 */
export function stdioCarrier(options: StreamCarrierOptions = {}): Carrier {
  return carrierOn(process.stdin, process.stdout, options)
}

/** The same on any two streams of which the second has a descriptor. */
export function carrierOn(
  input: Readable,
  output: Writable & { readonly fd: number },
  options: StreamCarrierOptions,
): Carrier {
  output.once('finish', () => closeQuietly(output.fd))
  return new StreamCarrier(input, output, { ...options, label: options.label ?? 'stdio' })
}

/** Node never closes standard output by itself. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // It was closed before, by whoever else held it.
  }
}
