import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LAB } from './paths.js'

/** Whether the Go peer can be built here, and if not, what is missing. */
export type GoVerdict =
  | { readonly available: true; readonly gopath: string }
  | { readonly available: false; readonly reason: string }

let verdict: GoVerdict | undefined

/**
 * Go without modules, so that nothing is downloaded: the library comes from `PLEXUS_GOPATH`, from the GOPATH of `go env`
 * or from where Debian's golang-github-docker-spdystream-dev puts it.
 */
export function goAvailable(): GoVerdict {
  verdict ??= look()
  return verdict
}

/** Builds the peer once for each state of its sources; returns the program's path. */
export function buildGoPeer(): string {
  const go = goAvailable()
  if (!go.available) throw new Error(go.reason)
  const program = join(BUILD, `spdystream-peer-${digestOfSources()}`)
  if (existsSync(program)) return program
  mkdirSync(BUILD, { recursive: true })
  const unfinished = `${program}.${process.pid}`
  execFileSync('go', ['build', '-o', unfinished, '.'], { cwd: SOURCES, env: goEnvironment(go.gopath) })
  renameSync(unfinished, program)
  return program
}

const LIBRARY = 'github.com/moby/spdystream'
const DEBIAN_GOPATH = '/usr/share/gocode'
const SOURCES = join(LAB, 'peers', 'spdystream-peer')
const BUILD = join(LAB, '.build')

function look(): GoVerdict {
  let gopaths: string[]
  try {
    gopaths = execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).trim().split(delimiter)
  } catch {
    return { available: false, reason: 'no Go compiler on the PATH' }
  }
  const places = [process.env.PLEXUS_GOPATH ?? '', ...gopaths, DEBIAN_GOPATH].filter((place) => place !== '')
  const gopath = places.find((place) => existsSync(join(place, 'src', LIBRARY)))
  if (gopath === undefined) return { available: false, reason: `${LIBRARY} is in no GOPATH` }
  return { available: true, gopath }
}

function goEnvironment(gopath: string): NodeJS.ProcessEnv {
  return { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPATH: gopath }
}

function digestOfSources(): string {
  const digest = createHash('sha256')
  for (const name of readdirSync(SOURCES).sort()) digest.update(readFileSync(join(SOURCES, name)))
  return digest.digest('hex').slice(0, 12)
}
