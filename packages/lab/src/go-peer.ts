import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LAB } from './paths.js'

/** Whether a Go peer can be built here, and if not, what is missing. */
export type GoVerdict =
  | { readonly available: true; readonly gopath: string }
  | { readonly available: false; readonly reason: string }

/** A program of ours in Go, on a public library. */
export interface GoPeer {
  /** Its folder in `peers`. */
  readonly name: string
  /** The import path of the library. */
  readonly library: string
}

export const SPDYSTREAM: GoPeer = { name: 'spdystream-peer', library: 'github.com/moby/spdystream' }
export const GO_HTTP2: GoPeer = { name: 'go-http2-peer', library: 'golang.org/x/net/http2' }

const verdicts = new Map<GoPeer, GoVerdict>()

/**
 * Go without modules, so that nothing is downloaded: the library comes from `PLEXUS_GOPATH`, from the GOPATH of `go env`
 * or from where Debian's packages put it (golang-github-docker-spdystream-dev, golang-golang-x-net-dev).
 */
export function goAvailable(peer: GoPeer): GoVerdict {
  let verdict = verdicts.get(peer)
  if (verdict === undefined) verdicts.set(peer, (verdict = look(peer)))
  return verdict
}

/** Builds the peer once for each state of its sources; returns the program's path. */
export function buildGoPeer(peer: GoPeer): string {
  const go = goAvailable(peer)
  if (!go.available) throw new Error(go.reason)
  const sources = join(LAB, 'peers', peer.name)
  const program = join(BUILD, `${peer.name}-${digestOf(sources)}`)
  if (existsSync(program)) return program
  mkdirSync(BUILD, { recursive: true })
  const unfinished = `${program}.${process.pid}`
  execFileSync('go', ['build', '-o', unfinished, '.'], { cwd: sources, env: goEnvironment(go.gopath) })
  renameSync(unfinished, program)
  return program
}

const DEBIAN_GOPATH = '/usr/share/gocode'
const BUILD = join(LAB, '.build')

function look({ library }: GoPeer): GoVerdict {
  let gopaths: string[]
  try {
    gopaths = execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).trim().split(delimiter)
  } catch {
    return { available: false, reason: 'no Go compiler on the PATH' }
  }
  const places = [process.env.PLEXUS_GOPATH ?? '', ...gopaths, DEBIAN_GOPATH].filter((place) => place !== '')
  const gopath = places.find((place) => existsSync(join(place, 'src', library)))
  if (gopath === undefined) return { available: false, reason: `${library} is in no GOPATH` }
  return { available: true, gopath }
}

function goEnvironment(gopath: string): NodeJS.ProcessEnv {
  return { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPATH: gopath }
}

function digestOf(sources: string): string {
  const digest = createHash('sha256')
  for (const name of readdirSync(sources).sort()) digest.update(readFileSync(join(sources, name)))
  return digest.digest('hex').slice(0, 12)
}
