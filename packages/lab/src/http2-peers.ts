/** Who speaks HTTP/2 in both roles by the HTTP contract (see interop/http-side.ts)? */
import { join } from 'node:path'
import { startChild } from './children.js'
import { buildGoPeer, GO_HTTP2, goAvailable } from './go-peer.js'
import { LAB } from './paths.js'
import {
  ANY_PORT,
  type Peer,
  type ProbeOptions,
  type ProbeReport,
  probeArguments,
  reported,
  serving,
} from './peers.js'
import { pythonWithH2 } from './programs.js'

export interface Http2Peer {
  readonly name: string
  /** Why its tests are skipped here, if they are. */
  readonly missing: string | undefined
  /** It goes on with what is open when it gets GOAWAY. */
  readonly takesGoodbye: boolean
  /** What it checks when it is the client. */
  readonly checks: readonly string[]
  serve(): Promise<Peer>
  probe(options: ProbeOptions): Promise<ProbeReport>
}

const go = goAvailable(GO_HTTP2)
const python = pythonWithH2()
const PYTHON_PEER = join(LAB, 'peers', 'python-http2-peer', 'main.py')
const CHECKS = ['bytes', 'echo', 'upload', 'unread', 'cancel', 'hints']

export const HTTP2_PEERS: readonly Http2Peer[] = [
  {
    name: "Go's x/net/http2",
    missing: go.available ? undefined : go.reason,
    takesGoodbye: true,
    checks: [...CHECKS, 'goaway'],
    serve: () => serving(startChild(buildGoPeer(GO_HTTP2), ['serve', '--listen', ANY_PORT])),
    probe: (options) => reported(startChild(buildGoPeer(GO_HTTP2), probeArguments(options))),
  },
  {
    name: "Python's h2",
    missing: python.missing,
    takesGoodbye: false,
    checks: CHECKS,
    serve: () => serving(startChild(python.path ?? '', [PYTHON_PEER, 'serve', '--listen', ANY_PORT])),
    probe: (options) => reported(startChild(python.path ?? '', [PYTHON_PEER, ...probeArguments(options)])),
  },
]
