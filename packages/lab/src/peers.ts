import { join } from 'node:path'
import { type Child, startChild } from './children.js'
import { buildGoPeer, SPDYSTREAM } from './go-peer.js'
import { LAB } from './paths.js'

/** A foreign program, running. */
export interface Peer {
  readonly port: number
  stop(): Promise<void>
}

/** Versions that spdy-transport speaks and we do. */
export type SpdyVersion = '3' | '3.1'

/** What a probe of the echo contract is asked for. */
export interface ProbeOptions {
  readonly port: number
  readonly streams: number
  readonly bytes: number
  readonly concurrency: number
  /** Checks to leave out. */
  readonly skip?: readonly string[]
}

/** What it says. */
export interface ProbeReport {
  readonly ok: boolean
  readonly streams: number
  readonly bytes: number
  readonly ms: number
  readonly checks: Readonly<Record<string, CheckOutcome>>
}

export interface CheckOutcome {
  readonly ok: boolean
  readonly skipped?: boolean
  readonly error?: string
}

/** Our Go server on moby/spdystream; needs {@link goAvailable}. */
export function serveSpdystream(): Promise<Peer> {
  return serving(startChild(buildGoPeer(SPDYSTREAM), ['serve', '--listen', ANY_PORT]))
}

/** Our Go client on moby/spdystream, against a server of the echo contract. */
export function probeWithSpdystream(options: ProbeOptions): Promise<ProbeReport> {
  return reported(startChild(buildGoPeer(SPDYSTREAM), probeArguments(options)))
}

/** Our server on npm spdy-transport. */
export function serveSpdyTransport(version: SpdyVersion): Promise<Peer> {
  return serving(
    startChild(process.execPath, [SPDY_TRANSPORT, 'serve', '--listen', ANY_PORT, '--version', version]),
  )
}

/** Our client on npm spdy-transport, against a server of the echo contract. */
export function probeWithSpdyTransport(version: SpdyVersion, options: ProbeOptions): Promise<ProbeReport> {
  return reported(
    startChild(process.execPath, [SPDY_TRANSPORT, ...probeArguments(options), '--version', version]),
  )
}

/** Where a peer listens that is told by its first line where that is. */
export const ANY_PORT = '127.0.0.1:0'
const START_TIMEOUT_MS = 10_000
const PROBE_TIMEOUT_MS = 30_000
const SPDY_TRANSPORT = join(LAB, 'peers', 'spdy-transport-peer', 'main.mjs')

/** A child that serves: settles when it has said where. */
export async function serving(child: Child): Promise<Peer> {
  try {
    const { listening } = await child.next<{ listening: number }>(START_TIMEOUT_MS)
    return { port: listening, stop: () => child.stop() }
  } catch (error) {
    await child.stop()
    throw error
  }
}

/** What a child that probes has to say. */
export async function reported(child: Child): Promise<ProbeReport> {
  try {
    return await child.next<ProbeReport>(PROBE_TIMEOUT_MS)
  } finally {
    await child.stop()
  }
}

export function probeArguments(options: ProbeOptions): string[] {
  return [
    'probe',
    '--connect',
    `127.0.0.1:${options.port}`,
    '--streams',
    String(options.streams),
    '--bytes',
    String(options.bytes),
    '--concurrency',
    String(options.concurrency),
    '--skip',
    (options.skip ?? []).join(','),
  ]
}
