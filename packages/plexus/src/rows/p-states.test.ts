import { describe, expect, test } from '@jest/globals'
import type { HeaderFields, InFrame, Role } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CHART_MODES, type Stage, stage } from './stage.test.kit.js'

/** What a frame brings about: something here, nothing at all, a reset or a last frame with this number on the wire. */
type Outcome = 'taken' | 'ignored' | `reset ${number}` | `goAway ${number}`

const SENT = {
  data: () => frames.data(1, 'x'),
  reply: () => frames.reply(1),
  headers: () => frames.headers(1, { 'x-more': '1' }),
  reset: () => frames.reset(1),
  credit: () => frames.window(1, 1),
  open: () => frames.open(1),
} as const
type Sent = keyof typeof SENT

/** Brings stream 1 into a state. */
type Bring = (set: Stage) => Promise<unknown>

const open: Bring = async ({ session, peer, accept }) => {
  if (session.role === 'client') {
    const stream = await session.open()
    await peer.sends(frames.reply(1))
    return stream
  }
  await peer.sends(frames.open(1))
  ;(await accept()).reply()
  return peer.sends()
}
const halfClosedLocal: Bring = async (set) => {
  await open(set)
  await [...set.session.table][0]!.close()
}
const halfClosedRemote: Bring = async (set) => {
  await open(set)
  await set.peer.sends(frames.data(1, '', { end: true }))
}
const closed: Bring = async (set) => {
  await halfClosedLocal(set)
  await set.peer.sends(frames.data(1, '', { end: true }))
}
const forgotten: Bring = async (set) => {
  await closed(set)
  set.session.table.remember(901, 'closed')
  set.session.table.remember(903, 'closed')
}
const resetByPeer: Bring = async (set) => {
  await open(set)
  await set.peer.sends(frames.reset(1))
}
const resetByUs: Bring = async (set) => {
  await open(set)
  ;[...set.session.table][0]!.reset()
}

const STATES: Readonly<Record<string, Bring>> = {
  idle: async () => {},
  'awaiting its reply': ({ session }) => session.open(),
  open,
  'half-closed (local)': halfClosedLocal,
  'half-closed (remote)': halfClosedRemote,
  'closed, remembered': closed,
  'closed, forgotten': forgotten,
  'reset by the peer': resetByPeer,
  'reset by us': resetByUs,
}

/** Stream 1 is ours. The fact sheet's section 12, row by row; numbers are those of RST_STREAM and GOAWAY. */
const OURS = `
                      | data    | reply   | headers | reset   | credit  | open
  idle                | reset 2 | reset 2 | reset 2 | ignored | ignored | goAway 1
  awaiting its reply  | reset 1 | taken   | reset 1 | taken   | taken   | goAway 1
  open                | taken   | reset 8 | taken   | taken   | taken   | goAway 1
  half-closed (local) | taken   | reset 8 | taken   | taken   | taken   | goAway 1
  half-closed (remote)| reset 9 | reset 9 | reset 9 | taken   | taken   | goAway 1
  closed, remembered  | reset 1 | reset 2 | reset 2 | ignored | ignored | goAway 1
  closed, forgotten   | reset 2 | reset 2 | reset 2 | ignored | ignored | goAway 1
  reset by the peer   | reset 1 | reset 2 | reset 2 | ignored | ignored | goAway 1
  reset by us         | ignored | ignored | ignored | ignored | ignored | goAway 1`

/** Stream 1 is the peer's. */
const THEIRS = `
                      | data    | reply   | headers | reset   | credit  | open
  idle                | reset 2 | reset 2 | reset 2 | ignored | ignored | taken
  open                | taken   | reset 2 | taken   | taken   | taken   | reset 1
  half-closed (local) | taken   | reset 2 | taken   | taken   | taken   | reset 1
  half-closed (remote)| reset 9 | reset 2 | reset 9 | taken   | taken   | reset 1
  closed, remembered  | reset 1 | reset 2 | reset 2 | ignored | ignored | goAway 1
  closed, forgotten   | reset 2 | reset 2 | reset 2 | ignored | ignored | goAway 1
  reset by the peer   | reset 1 | reset 2 | reset 2 | ignored | ignored | goAway 1
  reset by us         | ignored | ignored | ignored | ignored | ignored | goAway 1`

function casesOf(role: Role, table: string) {
  const [heads, ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  return rows.flatMap(([state, ...outcomes]) =>
    outcomes.map((outcome, i) => ({
      role,
      state: state!,
      sent: heads!.slice(-outcomes.length)[i] as Sent,
      outcome: outcome as Outcome,
    })),
  )
}

const cases = [...casesOf('client', OURS), ...casesOf('server', THEIRS)]

describe.each(CHART_MODES)('every frame in every state of its stream, %s', (charts) => {
  test.each(cases)(
    'P09 as $role, $sent on a stream that is $state: $outcome',
    async ({ role, state, sent, outcome }) => {
      const set = await stage({ charts, role, limits: { closedMemory: 2 } })
      await STATES[state]!(set)
      await set.peer.sends()
      const heard = hearHeaders(set)
      const known = knownOf(set)
      const before = set.peer.frames.length
      await set.peer.sends(SENT[sent]())
      const answers = set.peer.frames.slice(before)
      expect(answers.map(shown)).toEqual(outcome === 'taken' || outcome === 'ignored' ? [] : [outcome])
      const hasEffect = heard.count > 0 || knownOf(set) !== known
      if (answers.length === 0) expect(hasEffect ? 'taken' : 'ignored').toBe(outcome)
      const isOver = outcome.startsWith('goAway')
      if (outcome.startsWith('reset')) expect(answers[0]).toMatchObject({ id: 1 })
      if (isOver) {
        await set.peer.ends()
        expect(await set.session.closed).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer' })
        return
      }
      await set.peer.sends(frames.ping(role === 'client' ? 2 : 1))
      expect(set.peer.frames.at(-1)).toMatchObject({ type: 'ping', ack: true })
    },
  )
})

/** All that a frame could change of the streams there are. */
function knownOf({ session }: Stage): string {
  return JSON.stringify(
    [...session.table].map(({ id, inbox, sendWindow, actor }) => [
      id,
      inbox.size,
      sendWindow.available,
      actor.getSnapshot().value,
    ]),
  )
}

/** Counts the header blocks that come to the streams there are. */
function hearHeaders({ session }: Stage): { count: number } {
  const heard = { count: 0 }
  const hear = (headers: HeaderFields | undefined) => {
    if (headers !== undefined) heard.count += 1
  }
  for (const stream of session.table) stream.readHeaders().then(hear, () => {})
  return heard
}

function shown(frame: InFrame): string {
  return frame.type === 'reset' || frame.type === 'goAway' ? `${frame.type} ${frame.wireCode}` : frame.type
}
