import { describe, expect, test } from '@jest/globals'
import { type FaultName, resolveLimits, type Verdict } from '@plexus/contract'
import { lineProtocol, VirtualClock } from '@plexus/testkit'
import type { Core } from '../core.js'
import { FloodGuard } from '../flow/flood-guard.js'
import type { Stream } from '../stream/mux-stream.js'
import { applyFault, applyStreamFault } from './faults.js'
import { StreamTable } from './stream-table.js'

/** As much of a session as faults touch; it writes down what is done to it. */
function sessionWith(verdict?: Verdict) {
  const deeds: string[] = []
  const { traits } = lineProtocol()
  const faults = verdict === undefined ? traits.faults : { ...traits.faults, dataOnClosed: verdict }
  const core = {
    traits: { ...traits, faults },
    table: new StreamTable('server', 2 ** 31 - 1, 8),
    flood: new FloodGuard(resolveLimits(), new VirtualClock()),
    events: { emit: () => undefined },
    stats: { streamsReset: 0 },
    pump: {
      answer: ({ type, id, code }: { type: string; id: number; code: string }) =>
        deeds.push(`${type} ${id} ${code}`),
    },
    fail: ({ code, blame, event }: { code: string; blame: string; event: string }) =>
      deeds.push(`ends ${code} ${blame} ${event}`),
  } as unknown as Core
  const stream = {
    isOver: false,
    fail: (code: string, blame: string) => deeds.push(`stream ${code} ${blame}`),
  } as unknown as Stream
  return { core, stream, deeds }
}

describe('a fault', () => {
  test('that the table ignores costs an oddity and nothing else, as long as the bucket lasts', () => {
    const { core, deeds } = sessionWith({ scope: 'ignore' })
    for (let i = 0; i < 100; i += 1) applyFault(core, 'dataOnClosed', 1)
    expect(deeds).toEqual([])
    applyFault(core, 'dataOnClosed', 1)
    expect(deeds).toEqual(['ends ENHANCE_YOUR_CALM peer oddity'])
  })

  test('of a stream ends that stream, on the peer’s account', () => {
    const { core, stream, deeds } = sessionWith({ scope: 'stream', code: 'STREAM_CLOSED' })
    applyFault(core, 'dataOnClosed', 1, stream)
    expect(deeds).toEqual(['stream STREAM_CLOSED peer'])
  })

  test('of a stream that is gone is answered with a reset, and what is on its way is swallowed', () => {
    const { core, deeds } = sessionWith({ scope: 'stream', code: 'STREAM_CLOSED' })
    core.table.lastPeerId = 1
    applyFault(core, 'dataOnClosed', 1)
    expect([deeds, core.table.know(1), core.stats.streamsReset]).toEqual([
      ['reset 1 STREAM_CLOSED'],
      'resetByUs',
      1,
    ])
  })

  test('L04 H02 that makes us reset costs a token each, and ends in calm', () => {
    const { core, deeds } = sessionWith({ scope: 'stream', code: 'STREAM_CLOSED' })
    for (let i = 0; i < 101; i += 1) applyFault(core, 'dataOnClosed', 1)
    expect([deeds.length, deeds.at(-1)]).toEqual([101, 'ends ENHANCE_YOUR_CALM peer resetsCaused'])
  })

  test('of the session ends it with the row’s code and name', () => {
    const { core, deeds } = sessionWith({ scope: 'session', code: 'FLOW_CONTROL_ERROR' })
    applyFault(core, 'dataOnClosed', 1)
    expect(deeds).toEqual(['ends FLOW_CONTROL_ERROR peer dataOnClosed'])
  })

  test('is told in words, whichever it is', () => {
    const { core } = sessionWith()
    const said: string[] = []
    const told = {
      ...core,
      fail: ({ message }: { message: string }) => said.push(message),
    } as unknown as Core
    const names = Object.keys(core.traits.faults) as FaultName[]
    for (const name of names) {
      const faults = { ...core.traits.faults, [name]: { scope: 'session', code: 'PROTOCOL_ERROR' } }
      applyFault({ ...told, traits: { ...core.traits, faults } } as unknown as Core, name, 7)
    }
    expect(said).toHaveLength(names.length)
    for (const words of said) expect(words).toMatch(/^expected .+, .+ \(stream 7\)$/)
  })
})

describe('H42 headers that are wrong in themselves', () => {
  const fault = {
    type: 'fault',
    scope: 'stream',
    id: 1,
    code: 'PROTOCOL_ERROR',
    message: 'expected trailers',
    frame: 'HEADERS',
    follows: true,
  } as const
  const row = (name: FaultName): string => {
    const verdict = lineProtocol().traits.faults[name]
    return verdict.scope === 'ignore'
      ? ''
      : `${verdict.scope === 'session' ? 'ends' : 'reset 1'} ${verdict.code}`
  }

  test.each([
    ['closed', 'headersOnClosed'],
    ['resetByPeer', 'headersOnReset'],
  ] as const)('cost what any would on a stream that is %s', (known, name) => {
    const { core, deeds } = sessionWith()
    core.table.lastPeerId = 1
    core.table.remember(1, known)
    applyStreamFault(core, fault)
    expect(deeds.map((deed) => deed.replace(/ peer .*$/, ''))).toEqual(
      [row(name)].filter((deed) => deed !== ''),
    )
  })

  test('cost nothing where we reset the stream, and their own price where others might come', () => {
    const { core, deeds } = sessionWith()
    core.table.lastPeerId = 1
    core.table.remember(1, 'resetByUs')
    applyStreamFault(core, fault)
    expect(deeds).toEqual([])
    const open = sessionWith()
    const stream = { ...open.stream, id: 1, initiator: 'peer', inbox: { gate: 'open' } } as unknown as Stream
    open.core.table.add(stream)
    applyStreamFault(open.core, fault)
    expect(open.deeds).toEqual(['stream PROTOCOL_ERROR peer'])
  })
})

test('P06 a stream whose opening the codec refused has used its id up', () => {
  const { core, deeds } = sessionWith()
  const fault = {
    type: 'fault',
    scope: 'stream',
    code: 'PROTOCOL_ERROR',
    message: 'expected a name',
    frame: 'open',
  } as const
  applyStreamFault(core, { ...fault, id: 5, opens: true })
  expect([deeds, core.table.lastPeerId, core.table.know(5)]).toEqual([
    ['reset 5 PROTOCOL_ERROR'],
    5,
    'resetByUs',
  ])
})
