import { describe, expect, test } from '@jest/globals'
import { type InFrame, resolveLimits } from '@plexus/contract'
import { frames, lineProtocol, VirtualClock } from '@plexus/testkit'
import { FloodGuard } from '../flow/flood-guard.js'
import { SendWindow } from '../flow/send-window.js'
import type { Stream } from '../stream/mux-stream.js'
import { type DispatchOwner, dispatch } from './dispatch.js'
import { StreamTable } from './stream-table.js'

/** A server's table: 1 is remembered as ended, 3 as reset by us, 13 by the peer; 5 is forgotten, 7 is open, and 9 is idle. */
function tableOfAll(told: string[]): StreamTable {
  const table = new StreamTable('server', 2 ** 31 - 1, 2)
  const sendWindow = new SendWindow({ initial: 10, highest: 0 })
  const actor = { send: ({ type }: { type: string }) => void told.push(`stream: ${type}`) }
  table.remember(5, 'closed')
  table.remember(1, 'closed')
  table.remember(11, 'closed')
  table.remember(3, 'resetByUs')
  table.remember(13, 'resetByPeer')
  table.lastPeerId = 7
  table.add({ id: 7, initiator: 'peer', sendWindow, actor, isOver: false } as unknown as Stream)
  return table
}

/** Who is told what when `frame` comes. */
function toldOf(...said: InFrame[]): string[] {
  const told: string[] = []
  const limits = resolveLimits()
  const receiver = {
    charge: () => undefined,
    creditSession: (bytes: number) => void told.push(`credit ${bytes}`),
  }
  const pump = {
    dataFramesSent: 0,
    sessionOpened: () => told.push('pump: session'),
    streamOpened: () => told.push('pump: stream'),
  }
  const owner = {
    ...{ traits: lineProtocol().traits, limits, table: tableOfAll(told), receiver, pump, now: 0, turn: 1 },
    flood: new FloodGuard(limits, new VirtualClock()),
    sessionWindow: new SendWindow({ initial: 0, highest: 0 }),
    send: ({ type }: { type: string }) => told.push(`session: ${type}`),
    fault: (name: string, id: number) => told.push(`${name} ${id}`),
    streamFault: () => told.push('codec’s fault, stream'),
    sessionFault: () => told.push('codec’s fault, session'),
    calm: () => told.push('calm'),
    note: (what: string) => told.push(`note ${what}`),
  } as unknown as DispatchOwner
  for (const frame of said) dispatch(frame, owner)
  return told
}

const data = (id: number): InFrame => ({ ...frames.data(id, 'abc'), charge: 3, padding: 0 }) as InFrame

describe('a frame for a stream that is not open', () => {
  test.each([
    ['data', 'nobody opened', data(9), ['credit 3', 'dataOnIdle 9']],
    ['data', 'ended', data(1), ['credit 3', 'dataOnClosed 1']],
    ['data', 'ended long ago', data(5), ['credit 3', 'dataOnForgotten 5']],
    ['data', 'we reset', data(3), ['credit 3']],
    ['headers', 'nobody opened', frames.headers(9, {}), ['headersOnIdle 9']],
    ['headers', 'ended', frames.headers(1, {}), ['headersOnClosed 1']],
    ['headers', 'ended long ago', frames.headers(5, {}), ['headersOnForgotten 5']],
    ['headers', 'the peer reset', frames.headers(13, {}), ['headersOnReset 13']],
    ['data', 'the peer reset', data(13), ['credit 3', 'dataOnReset 13']],
    ['credit', 'the peer reset', frames.window(13, 1), []],
    ['a reset', 'the peer reset', frames.reset(13), []],
    ['a reply', 'ended', frames.reply(1), ['headersOnClosed 1']],
    ['an interim reply', 'nobody opened', frames.inform(9), ['replyOnUnknown 9']],
    ['an interim reply', 'we reset', frames.inform(3), []],
    ['headers', 'we reset', frames.headers(3, {}), []],
    ['a reply', 'nobody opened', frames.reply(9), ['replyOnUnknown 9']],
    ['a reply', 'we reset', frames.reply(3), []],
    ['a reply', 'is the peer’s own', frames.reply(7), ['replyOnUnknown 7']],
    ['credit', 'nobody opened', frames.window(9, 1), ['creditOnIdle 9']],
    ['credit', 'ended', frames.window(1, 1), []],
    ['credit', 'we reset', frames.window(3, 1), []],
    ['a reset', 'nobody opened', frames.reset(9), ['resetOnIdle 9']],
    ['a reset', 'ended', frames.reset(1), []],
    ['a reset', 'ended long ago', frames.reset(5), []],
  ] as const)('P09 %s, one that %s', (_what, _which, frame, told) => {
    expect(toldOf(frame as InFrame)).toEqual(told)
  })
})

describe('credit', () => {
  test.each([
    ['for a stream', frames.window(7, 1), ['pump: stream']],
    ['of nothing for a stream', frames.window(7, 0), ['creditZeroOnStream 7']],
    ['over the largest window', frames.window(7, 2 ** 31 - 10), ['creditOverflowOnStream 7']],
    [
      'for the session whose window was shut',
      frames.window(0, 1),
      ['session: windowUpdate', 'pump: session'],
    ],
    ['of nothing for the session', frames.window(0, 0), ['creditZeroOnSession 0']],
    ['for the session over the largest window', frames.window(0, 2 ** 31), ['creditOverflowOnSession 0']],
  ])('P10 %s', (_what, frame, told) => {
    expect(toldOf(frame as InFrame)).toEqual(told)
  })

  test('P10 that leaves the session’s window open sends no second edge', () => {
    expect(
      toldOf(frames.window(0, 1), frames.window(0, 1)).filter((each) => each.startsWith('session')),
    ).toHaveLength(1)
  })
})

test.each(['priority', 'unknown'] as const)(
  'H09 L04 frames that are passed over (%s) cost a token of that bucket, and 200 are enough',
  (what) => {
    const frame: InFrame = { type: 'ignored', what, name: 'PRIORITY' }
    expect(toldOf(...Array.from({ length: 200 }, () => frame))).not.toContain('calm')
    expect(toldOf(...Array.from({ length: 201 }, () => frame)).at(-1)).toBe('calm')
  },
)

test.each([
  ['opening', frames.open(9), 'session: recvOpen'],
  ['settings', frames.settings(), 'session: recvSettings'],
  ['a ping', frames.ping(1), 'session: recvPing'],
  ['a go-away', frames.goAway(0), 'session: recvGoAway'],
  ['a reset', frames.reset(7), 'stream: reset'],
  ['headers', frames.headers(7, {}), 'stream: recvHeaders'],
])('%s goes to the chart it belongs to, and nowhere else', (_what, frame, told) => {
  expect(toldOf(frame as InFrame)).toEqual([told])
})
