import { describe, expect, test } from '@jest/globals'
import { type DataFrame, type OutFrame, PlexusError } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { acquainted, answerTo, type Http2Options } from '../testing/http2-like.test.kit.js'
import { CHART_MODES, type LineStage } from '../testing/line-stage.test.kit.js'

type Bring = (set: LineStage) => Promise<unknown>

const accepted = async ({ session }: LineStage) => (await session[Symbol.asyncIterator]().next()).value!

// --- a stream of the peer's, at a server: id 3, so that 1 is one it skipped -------------------------------------

const theirs = {
  idle: async () => {},
  open: (set) => set.peer.sends(frames.open(3)),
  'half-closed (remote)': (set) => set.peer.sends(frames.open(3, { end: true })),
  'half-closed (local)': async (set) => {
    await set.peer.sends(frames.open(3))
    const stream = await accepted(set)
    stream.reply(undefined, { end: true })
    await set.peer.wants({ type: 'reply', id: 3 })
  },
  closed: async (set) => {
    await set.peer.sends(frames.open(3, { end: true }))
    const stream = await accepted(set)
    stream.reply(undefined, { end: true })
    await set.peer.wants({ type: 'reply', id: 3 })
  },
  'reset by the peer': (set) => set.peer.sends(frames.open(3), frames.reset(3)),
  'reset by us': async (set) => {
    await set.peer.sends(frames.open(3))
    const stream = await accepted(set)
    stream.reset()
    await set.peer.wants({ type: 'reset', id: 3 })
  },
  forgotten: async (set) => {
    await theirs.closed(set)
    set.session.table.remember(901, 'closed')
    set.session.table.remember(903, 'closed')
  },
  skipped: (set) => set.peer.sends(frames.open(5)),
} satisfies Record<string, Bring>

// --- a stream of ours, at a client: id 1 ------------------------------------------------------------------------

const begin = async (set: LineStage, end = false) => {
  const stream = await set.session.open({ end })
  await set.peer.wants({ type: 'open', id: 1 })
  return stream
}

const ours = {
  idle: async () => {},
  'awaiting its reply': (set) => begin(set),
  open: async (set) => {
    await begin(set)
    await set.peer.sends(frames.reply(1))
  },
  'half-closed (local)': async (set) => {
    await begin(set, true)
    await set.peer.sends(frames.reply(1))
  },
  'half-closed (remote)': async (set) => {
    await begin(set)
    await set.peer.sends(frames.reply(1, { end: true }))
  },
  closed: async (set) => {
    await begin(set, true)
    await set.peer.sends(frames.reply(1, { end: true }))
  },
  'reset by the peer': async (set) => {
    await begin(set)
    await set.peer.sends(frames.reset(1))
  },
  'reset by us': async (set) => {
    ;(await begin(set)).reset()
    await set.peer.wants({ type: 'reset', id: 1 })
  },
  forgotten: async (set) => {
    await ours.closed(set)
    set.session.table.remember(902, 'closed')
    set.session.table.remember(904, 'closed')
  },
} satisfies Record<string, Bring>

/** RFC 9113 §5.1, row by row: `-` is legal or ignored, `R` resets the stream, `S` ends the session. */
const THEIRS = `
                     | data             | headers          | reset            | credit           | credit 0         | open             | reply            | priority
idle                 | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | -                | S PROTOCOL_ERROR | -
open                 | -                | -                | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | -
half-closed (remote) | R STREAM_CLOSED  | R STREAM_CLOSED  | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | -
half-closed (local)  | -                | -                | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | -
closed               | S STREAM_CLOSED  | S STREAM_CLOSED  | -                | -                | -                | S PROTOCOL_ERROR | S STREAM_CLOSED  | -
reset by the peer    | R STREAM_CLOSED  | R STREAM_CLOSED  | -                | -                | -                | S PROTOCOL_ERROR | R STREAM_CLOSED  | -
reset by us          | -                | -                | -                | -                | -                | S PROTOCOL_ERROR | -                | -
forgotten            | R STREAM_CLOSED  | S PROTOCOL_ERROR | -                | -                | -                | S PROTOCOL_ERROR | S PROTOCOL_ERROR | -
skipped              | R STREAM_CLOSED  | S PROTOCOL_ERROR | -                | -                | -                | S PROTOCOL_ERROR | S PROTOCOL_ERROR | -`

const OURS = `
                     | data             | headers          | reset            | credit           | credit 0         | open             | reply            | inform
idle                 | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR
awaiting its reply   | R PROTOCOL_ERROR | R PROTOCOL_ERROR | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | -                | -
open                 | -                | -                | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR
half-closed (local)  | -                | -                | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR
half-closed (remote) | R STREAM_CLOSED  | R STREAM_CLOSED  | -                | -                | R PROTOCOL_ERROR | S PROTOCOL_ERROR | R STREAM_CLOSED  | S PROTOCOL_ERROR
closed               | S STREAM_CLOSED  | S STREAM_CLOSED  | -                | -                | -                | S PROTOCOL_ERROR | S STREAM_CLOSED  | S STREAM_CLOSED
reset by the peer    | R STREAM_CLOSED  | R STREAM_CLOSED  | -                | -                | -                | S PROTOCOL_ERROR | R STREAM_CLOSED  | R STREAM_CLOSED
reset by us          | -                | -                | -                | -                | -                | S PROTOCOL_ERROR | -                | -
forgotten            | R STREAM_CLOSED  | S PROTOCOL_ERROR | -                | -                | -                | S PROTOCOL_ERROR | S PROTOCOL_ERROR | S PROTOCOL_ERROR`

const frameOf: Record<string, (id: number) => DataFrame | OutFrame> = {
  data: (id) => frames.data(id, 'abc'),
  headers: (id) => frames.headers(id, { a: 'b' }),
  reset: (id) => frames.reset(id),
  credit: (id) => frames.window(id, 1),
  'credit 0': (id) => frames.window(id, 0),
  open: (id) => frames.open(id),
  reply: (id) => frames.reply(id),
  inform: (id) => frames.inform(id),
  priority: (id) => frames.priority(id, 0),
}

const VERDICTS: Readonly<Record<string, string>> = { R: 'reset', S: 'session' }

/** The cells of a matrix: state, frame, and what comes of it. */
function* cellsOf(matrix: string): Generator<[frame: string, state: string, answer: string]> {
  const [head, ...rows] = matrix
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()))
  // The corner is trimmed away.
  const names = head![0] === '' ? head!.slice(1) : head!.filter((name) => name !== '')
  for (const [state, ...cells] of rows) {
    for (const [i, cell] of cells.entries()) {
      const [verdict, code] = cell.split(' ')
      yield [names[i]!, state!, verdict === '-' ? 'nothing' : `${VERDICTS[verdict!]} ${code}`]
    }
  }
}

describe.each(CHART_MODES)('H42 H40 RFC 9113 §5.1, %s:', (charts) => {
  const MEMORY = { closedMemory: 2 }
  const at = (options: Http2Options) => acquainted({ charts, limits: MEMORY, ...options })

  test.each([...cellsOf(THEIRS)])(
    '%s on a stream of the peer’s that is %s: %s',
    async (name, state, answer) => {
      const set = await at({ role: 'server' })
      const id = state === 'skipped' ? 1 : 3
      await theirs[state as keyof typeof theirs](set)
      expect(await answerTo(set, id, frameOf[name]!(id))).toBe(answer)
    },
  )

  test.each([...cellsOf(OURS)])('%s on a stream of ours that is %s: %s', async (name, state, answer) => {
    const set = await at({ role: 'client' })
    await ours[state as keyof typeof ours](set)
    expect(await answerTo(set, 1, frameOf[name]!(1))).toBe(answer)
  })

  test.each([
    ['of our own parity', 2],
    ['of none', 0],
    ['lower than the last', 3],
  ])('H40 a stream with an id %s ends the session', async (_what, id) => {
    const set = await at({ role: 'server' })
    await set.peer.sends(frames.open(5))
    expect(await answerTo(set, id, frames.open(id))).toBe('session PROTOCOL_ERROR')
  })

  test.each([
    ['data on', () => frames.data(0, 'abc'), 'session PROTOCOL_ERROR'],
    ['credit of nothing for', () => frames.window(0, 0), 'session PROTOCOL_ERROR'],
    ['too much credit for', () => frames.window(0, 2 ** 31 - 65_535), 'session FLOW_CONTROL_ERROR'],
    ['as much credit as there may be for', () => frames.window(0, 2 ** 31 - 65_536), 'nothing'],
  ])('H32 H31 %s the session', async (_what, said, answer) => {
    expect(await answerTo(await at({}), 0, said())).toBe(answer)
  })

  test('H31 too much credit for a stream ends that stream, and nothing of it is left', async () => {
    const set = await at({ role: 'client' })
    const stream = await begin(set)
    void stream.write(new Uint8Array(100_000)).catch(() => undefined)
    await set.clock.settle()
    expect(await answerTo(set, 1, frames.window(1, 2 ** 31 - 1), frames.window(1, 1))).toBe(
      'reset FLOW_CONTROL_ERROR',
    )
    expect(await stream.closed).toMatchObject({ code: 'FLOW_CONTROL_ERROR', blame: 'peer' })
    expect([set.session.streamCount, set.session.pump.toJSON()]).toMatchObject([
      0,
      { ready: 0, onSessionWindow: 0, onStreamWindow: 0 },
    ])
    expect((await set.session.open()).id).toBe(3)
  })

  test('H42 fifty resets of ours are remembered beyond any number of good ends', async () => {
    const set = await at({ role: 'server', handler: (stream) => stream.reply(undefined, { end: true }) })
    set.peer.ignores({ type: 'reply' })
    const { session, peer } = set
    const resets = Array.from({ length: 50 }, (_, i) => 2 * i + 1)
    for (const id of resets) {
      await peer.sends(frames.open(id))
      session.table.get(id)?.reset()
    }
    for (let id = 101; id < 1101; id += 2) await peer.sends(frames.open(id, { end: true }))
    expect(session.streamCount).toBe(0)
    const before = peer.frames.length
    for (const id of resets) await peer.sends(frames.data(id, 'late'), frames.headers(id, {}))
    expect(peer.frames.slice(before)).toEqual([])
    expect(session.actor.getSnapshot().status).toBe('active')
  })
})

describe.each(CHART_MODES)('H49 S09 what nobody asked for, %s:', (charts) => {
  test('answers to no ping of ours are oddities, and too many of them end in calm', async () => {
    const { peer, ended, events } = await acquainted({ charts })
    await peer.sends(frames.ping(99, { ack: true }))
    expect(events).toContainEqual(expect.objectContaining({ type: 'oddity' }))
    for (let token = 0; token < 100; token += 1) await peer.sends(frames.ping(token, { ack: true }))
    expect(await ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'oddity' })
  })

  test('a reply without a request is a fault of the session', async () => {
    const { peer, ended } = await acquainted({ charts, role: 'client' })
    await peer.sends(frames.reply(1))
    const error = await ended()
    expect(error).toBeInstanceOf(PlexusError)
    expect(error).toMatchObject({ code: 'PROTOCOL_ERROR', event: 'replyOnUnknown' })
  })
})
