import type { Contender } from '../contender.js'
import { H2_SERVERS } from './h2-servers.js'
import { HOPS } from './hops.js'
import { http2Default, http2Wide } from './http2.js'
import { plexus, plexusH2 } from './plexus.js'
import { spdyTransport } from './spdy-transport.js'
import { tcp } from './tcp.js'

/** In the order of a round. */
export const CONTENDERS: readonly Contender[] = [
  tcp,
  http2Wide,
  http2Default,
  spdyTransport,
  plexus,
  plexusH2,
  ...HOPS,
  ...H2_SERVERS,
]

export function contenderNamed(name: string): Contender {
  const contender = CONTENDERS.find((candidate) => candidate.name === name)
  if (!contender) throw new Error(`no contender is called '${name}'`)
  return contender
}
