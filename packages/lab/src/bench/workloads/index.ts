import type { Workload } from '../workload.js'
import { bulk } from './bulk.js'
import { h2load } from './h2load.js'
import { hop } from './hop.js'
import { idle } from './idle.js'
import { manyStreams } from './many-streams.js'
import { openClose } from './open-close.js'
import { pingPong } from './ping-pong.js'
import { request } from './request.js'

/** In the order of the table. */
export const WORKLOADS: readonly Workload[] = [
  bulk('down', 16),
  bulk('down', 64),
  bulk('up', 16),
  bulk('up', 64),
  manyStreams,
  openClose(1),
  openClose(100),
  openClose(10_000),
  request,
  h2load(1),
  h2load(10),
  hop,
  pingPong,
  idle,
]

export function workloadNamed(name: string): Workload {
  const workload = WORKLOADS.find((candidate) => candidate.name === name)
  if (!workload) throw new Error(`no workload is called '${name}'`)
  return workload
}
