import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import * as codecSpdy from '@plexus/codec-spdy'
import * as plexus from 'plexus'
import * as plexusNode from 'plexus/node'
import * as http from './index.js'
import * as httpNode from './node.js'

const PAGE = join(__dirname, '..', '..', '..', 'docs', 'guides', 'from-amahi-spdy.md')

const MODULES: Record<string, object> = {
  '@plexus/codec-spdy': codecSpdy,
  '@plexus/http': http,
  '@plexus/http/node': httpNode,
  plexus: plexus,
  'plexus/node': plexusNode,
}

/** All that amahi/spdy exports. */
const CONSTANTS = [
  ...['SYN_STREAM', 'SYN_REPLY', 'RST_STREAM', 'SETTINGS', 'PING', 'GOAWAY', 'HEADERS', 'WINDOW_UPDATE'].map(
    (name) => `FRAME_${name}`,
  ),
  ...['FLAG_NONE', 'FLAG_FIN', 'INITIAL_FLOW_CONTOL_WINDOW', 'MAX_DATA_PAYLOAD', 'NORTHBOUND_SLOTS'],
  ...['STATUS', 'VERSION', 'PATH', 'METHOD', 'HOST', 'SCHEME', 'CONTENT_LENGTH'].map(
    (name) => `HEADER_${name}`,
  ),
]
const ITEMS = [
  ...['Client', 'NewClient', 'NewClientConn', 'Client.Do', 'Client.Ping', 'Client.Close'],
  ...['NewRecorder', 'ResponseRecorder', 'Server', 'Server.ListenAndServe', 'Server.Serve', 'Server.Close'],
  ...['Server.ListenAndServeTLSSpdyOnly', 'ListenAndServe', 'ListenAndServeTLSSpdyOnly', 'ListenAndServeTLS'],
  ...['NewClientSession', 'NewServerSession', 'Session.Serve', 'Session.Close', 'Session.NewClientStream'],
  ...['Session.NewStreamProxy', 'Session.Ping', 'Session.SendGoaway', 'Stream.Request', 'Stream.Header'],
  ...['Stream.Write', 'Stream.WriteHeader', 'Stream.String', 'PriorityFor', 'EnableDebug', 'SetLog'],
]

interface Row {
  readonly theirs: string
  readonly ours: readonly string[]
  readonly from: readonly string[]
  readonly last: string
}

/** The rows of the page's tables: what stands in code spans, and the last cell. */
function rowsOf(page: string): Row[] {
  const spans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)
  return page
    .split('\n')
    .map((line) => line.split('|').slice(1, -1))
    .filter((cells) => cells.length === 4 && cells[0]!.includes('`'))
    .map(([theirs, ours, from, last]) => ({
      theirs: spans(theirs!)[0]!,
      ours: spans(ours!),
      from: spans(from!),
      last: last!.trim(),
    }))
}

/** What a module exports under `path`: `name`, `name.property`, or `Class.member`. */
function found(module: object, path: string): unknown {
  const [name, member] = path.split('.') as [string, string?]
  const value = (module as Record<string, unknown>)[name]
  if (member === undefined) return value
  if (typeof value !== 'function') return (value as Record<string, unknown> | undefined)?.[member]
  return member in value.prototype ? path : undefined
}

const rows = rowsOf(readFileSync(PAGE, 'utf8'))

describe('AM-1 the page that maps amahi/spdy to us', () => {
  test('names each public item once, and nothing else', () => {
    expect(rows.map(({ theirs }) => theirs).sort()).toEqual([...CONSTANTS, ...ITEMS].sort())
  })

  test.each(
    rows.flatMap(({ theirs, ours, from }) => ours.map((name, i) => [theirs, name, from[i] ?? from[0]!])),
  )('%s: %s is exported by %s', (_, name, from) => {
    expect(Object.keys(MODULES)).toContain(from)
    expect(found(MODULES[from]!, name)).toBeDefined()
  })

  test.each(rows.filter(({ theirs }) => CONSTANTS.includes(theirs)))(
    '$theirs is $last',
    ({ ours, from, last }) => {
      for (const [i, name] of ours.entries()) expect(`\`${found(MODULES[from[i]!]!, name)}\``).toBe(last)
    },
  )

  test('would find a name that is gone', () => {
    expect(found(http, 'HttpClient.undo')).toBeUndefined()
    expect(found(http, 'AMAHI.FRAME_NOOP')).toBeUndefined()
    expect(found(plexus, 'closeSession')).toBeUndefined()
  })
})
