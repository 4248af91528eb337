import { describe, expect, test } from '@jest/globals'
import type { InFrame } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CHART_MODES, type Stage, stage } from './stage.test.kit.js'

/** What a frame brings about: nothing to be seen, a reset or a last frame with this number on the wire. */
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
type Row = Readonly<Record<Sent, Outcome>>

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
  set.session.table.remember(901, false)
  set.session.table.remember(903, false)
}
const resetByUs: Bring = async (set) => {
  await open(set)
  ;[...set.session.table][0]!.reset()
}

/** Stream 1 is ours. The fact sheet's section 12, row by row; numbers are those of RST_STREAM and GOAWAY. */
const OURS: Readonly<Record<string, { bring: Bring; row: Row }>> = {
  idle: {
    bring: async () => {},
    row: {
      data: 'reset 2',
      reply: 'reset 2',
      headers: 'reset 2',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
  'awaiting its reply': {
    bring: ({ session }) => session.open(),
    row: {
      data: 'reset 1',
      reply: 'taken',
      headers: 'reset 1',
      reset: 'taken',
      credit: 'taken',
      open: 'goAway 1',
    },
  },
  open: {
    bring: open,
    row: {
      data: 'taken',
      reply: 'reset 8',
      headers: 'taken',
      reset: 'taken',
      credit: 'taken',
      open: 'goAway 1',
    },
  },
  'half-closed (local)': {
    bring: halfClosedLocal,
    row: {
      data: 'taken',
      reply: 'reset 8',
      headers: 'taken',
      reset: 'taken',
      credit: 'taken',
      open: 'goAway 1',
    },
  },
  'half-closed (remote)': {
    bring: halfClosedRemote,
    row: {
      data: 'reset 9',
      reply: 'reset 9',
      headers: 'reset 9',
      reset: 'taken',
      credit: 'taken',
      open: 'goAway 1',
    },
  },
  'closed, remembered': {
    bring: closed,
    row: {
      data: 'reset 1',
      reply: 'reset 2',
      headers: 'reset 2',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
  'closed, forgotten': {
    bring: forgotten,
    row: {
      data: 'reset 2',
      reply: 'reset 2',
      headers: 'reset 2',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
  'reset by us': {
    bring: resetByUs,
    row: {
      data: 'ignored',
      reply: 'ignored',
      headers: 'ignored',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
}

/** Stream 1 is the peer's. */
const THEIRS: Readonly<Record<string, { bring: Bring; row: Row }>> = {
  idle: {
    bring: async () => {},
    row: {
      data: 'reset 2',
      reply: 'reset 2',
      headers: 'reset 2',
      reset: 'ignored',
      credit: 'ignored',
      open: 'taken',
    },
  },
  open: {
    bring: open,
    row: {
      data: 'taken',
      reply: 'reset 2',
      headers: 'taken',
      reset: 'taken',
      credit: 'taken',
      open: 'reset 1',
    },
  },
  'half-closed (local)': {
    bring: halfClosedLocal,
    row: {
      data: 'taken',
      reply: 'reset 2',
      headers: 'taken',
      reset: 'taken',
      credit: 'taken',
      open: 'reset 1',
    },
  },
  'half-closed (remote)': {
    bring: halfClosedRemote,
    row: {
      data: 'reset 9',
      reply: 'reset 2',
      headers: 'reset 9',
      reset: 'taken',
      credit: 'taken',
      open: 'reset 1',
    },
  },
  'closed, remembered': {
    bring: closed,
    row: {
      data: 'reset 1',
      reply: 'reset 2',
      headers: 'reset 2',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
  'closed, forgotten': {
    bring: forgotten,
    row: {
      data: 'reset 2',
      reply: 'reset 2',
      headers: 'reset 2',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
  'reset by us': {
    bring: resetByUs,
    row: {
      data: 'ignored',
      reply: 'ignored',
      headers: 'ignored',
      reset: 'ignored',
      credit: 'ignored',
      open: 'goAway 1',
    },
  },
}

const cases = (['client', 'server'] as const).flatMap((role) =>
  Object.entries(role === 'client' ? OURS : THEIRS).flatMap(([state, { bring, row }]) =>
    (Object.keys(SENT) as Sent[]).map((sent) => ({ role, state, bring, sent, outcome: row[sent] })),
  ),
)

describe.each(CHART_MODES)('every frame in every state of its stream, %s', (charts) => {
  test.each(cases)(
    'P09 as $role, $sent on a stream that is $state: $outcome',
    async ({ role, bring, sent, outcome }) => {
      const set = await stage({ charts, role, limits: { closedMemory: 2 } })
      await bring(set)
      await set.peer.sends()
      const before = set.peer.frames.length
      await set.peer.sends(SENT[sent]())
      const answers = set.peer.frames.slice(before)
      expect(answers.map(shown)).toEqual(outcome === 'taken' || outcome === 'ignored' ? [] : [outcome])
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

function shown(frame: InFrame): string {
  return frame.type === 'reset' || frame.type === 'goAway' ? `${frame.type} ${frame.wireCode}` : frame.type
}
