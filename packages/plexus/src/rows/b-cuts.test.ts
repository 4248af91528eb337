import { describe, expect, jest, test } from '@jest/globals'
import type { Role } from '@plexus/contract'
import type { ChartMode } from '@plexus/engine'
import { type CutHow, type Fault, frames } from '@plexus/testkit'
import { bareStage, CHART_MODES, type Stage } from './stage.test.kit.js'
import { Waits } from './waits.test.kit.js'

// Sweeps: on a busy machine they take their time.
jest.setTimeout(60_000)

/** Who wrote the bytes that are cut. */
type Writer = 'session' | 'peer'

interface Played {
  readonly set: Stage
  readonly waits: Waits
}

/** A short session with something of everything, played to its end whatever the carrier does. */
async function play(charts: ChartMode, role: Role, cut?: { writer: Writer; fault: Fault }): Promise<Played> {
  const faults = cut === undefined ? {} : { [cut.writer === 'session' ? 'a' : 'b']: [cut.fault] }
  const waits = new Waits()
  const set = bareStage({ charts, role, faults })
  const { session, peer } = set
  void waits.watch('session closed', session.closed)
  void waits.watch('ping', session.ping())
  if (role === 'client') await playClient(set, waits)
  else await playServer(set, waits)
  await peer.sends(frames.ping(role === 'client' ? 1 : 2, { ack: true }))
  return { set, waits }
}

async function playClient({ session, peer }: Stage, waits: Waits): Promise<void> {
  void waits.watch('open', session.open()).then((stream) => {
    if (stream === undefined) return
    void waits.watchStream('stream', stream)
    void waits.watch('write', stream.write('a question'))
    void waits.watch('close', stream.close())
  })
  void waits.watch('open for nothing', session.open())
  await peer.sends(frames.settings({ maxConcurrentStreams: 1 }), frames.reply(1))
  await peer.sends(frames.headers(1, { x: '1' }), frames.data(1, 'an answer', { end: true }))
}

async function playServer({ session, peer, accept }: Stage, waits: Waits): Promise<void> {
  void accept().then(
    (stream) => {
      void waits.watchStream('stream', stream)
      void waits.watch('write', stream.write('an answer'))
      void waits.watch('close', stream.close())
    },
    () => {},
  )
  await peer.sends(frames.settings({ maxConcurrentStreams: 0 }), frames.open(1))
  void waits.watch('a push for which there is no place', session.open())
  await peer.sends(frames.headers(1, { x: '1' }), frames.data(1, 'a question', { end: true }))
}

/** What is wrong after a cut, in words; nothing where all is as it should be. */
async function afterCut(charts: ChartMode, role: Role, writer: Writer, at: number, how: CutHow) {
  const fault = { kind: 'cut', at, how } as const
  const { set, waits } = await play(charts, role, { writer, fault })
  const { session, clock } = set
  const wrong: string[] = []
  if (how === 'reset' && waits.outcome('session closed') === undefined)
    wrong.push('a reset is not seen at once')
  await clock.advance(47_000)
  wrong.push(...waits.unsettled.map((name) => `'${name}' never settles`))
  if (session.streamCount !== 0) wrong.push(`${session.streamCount} streams are left`)
  if (clock.pending !== 0) wrong.push(`${clock.pending} timers are left`)
  const error = await session.closed
  if (error !== undefined && (error.blame === 'us' || error.code === 'INTERNAL_ERROR'))
    wrong.push(`we are blamed: ${error.message}`)
  return wrong.map((what) => `${role}, ${how} after byte ${at} of the ${writer}: ${what}`)
}

async function bytesOf(role: Role, writer: Writer): Promise<number> {
  const { set } = await play('compiled', role)
  return set.carrier[writer === 'session' ? 'outgoing' : 'incoming'].written.length
}

const cuts = (['client', 'server'] as const).flatMap((role) =>
  (['session', 'peer'] as const).flatMap((writer) =>
    (['reset', 'end', 'silence'] as const).map((how) => ({ role, writer, how })),
  ),
)

describe.each(CHART_MODES)('a carrier that is cut, with %s charts', (charts) => {
  test.each(cuts)(
    'B01 as $role, $how after any byte that the $writer writes: every wait settles, and no timer is left',
    async ({ role, writer, how }) => {
      const wrong: string[] = []
      const bytes = await bytesOf(role, writer)
      expect(bytes).toBeGreaterThan(80)
      for (let at = 0; at <= bytes; at += 1) wrong.push(...(await afterCut(charts, role, writer, at, how)))
      expect(wrong).toEqual([])
    },
  )

  test.each(['client', 'server'] as const)('B01 as %s, without a cut the story ends well', async (role) => {
    const { waits } = await play(charts, role)
    for (const name of ['ping', 'write', 'close', 'stream closed', 'stream read 1'])
      expect([name, waits.outcome(name)]).toEqual([name, 'well'])
  })
})
