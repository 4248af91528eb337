import { describe, expect, test } from '@jest/globals'
import type { Codec, CodecOptions, Limits, Protocol } from '@plexus/contract'
import { frames, lineProtocol, memoryPair, scriptedPeer, virtualHost } from '@plexus/testkit'
import { CHART_MODES } from '../testing/line-stage.test.kit.js'
import { Session } from './session.js'

const NEWLINE = 0x0a

/** The line protocol whose codec says when the end of a line is still to come. */
function waitingProtocol(): Protocol {
  const { traits, create } = lineProtocol()
  return {
    traits,
    create(options: CodecOptions): Codec {
      const codec = create(options)
      const decode = codec.decode.bind(codec)
      let awaitsRest = false
      return Object.defineProperty(
        Object.assign(codec, {
          decode(...[chunk, emit]: Parameters<Codec['decode']>) {
            awaitsRest = chunk.at(-1) !== NEWLINE
            return decode(chunk, emit)
          },
        }),
        'awaitsRest',
        { get: () => awaitsRest },
      )
    },
  }
}

function stage(charts: (typeof CHART_MODES)[number], changes: Partial<Limits> = {}) {
  const host = virtualHost()
  const { clock } = host
  const protocol = waitingProtocol()
  const [carrier, far] = memoryPair({ clock })
  const peer = scriptedPeer({ protocol, role: 'client', carrier: far, clock })
  const limits = { keepaliveIntervalMs: 0, ...changes }
  const session = new Session({ protocol, carrier, role: 'server', host, charts, limits })
  peer.ignores({ type: 'settings' }, { type: 'window' })
  return { session, peer, clock, isOver: () => !session.actor.getSnapshot().matches('live') }
}

const letters = (text: string) => new TextEncoder().encode(text)

describe.each(CHART_MODES)('H13 L13 a frame of which only the start came, %s,', (charts) => {
  test('has ten seconds for its rest, however busily it drips', async () => {
    const { session, peer, clock, isOver } = stage(charts)
    for (let i = 0; i < 10; i += 1) {
      await peer.sendsBytes(letters('{'))
      await clock.advance(999)
    }
    expect(isOver()).toBe(false)
    await clock.advance(10)
    await peer.wants({ type: 'goAway', code: 'NO_ERROR' })
    expect(isOver()).toBe(true)
    await clock.advance(1000)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer', event: 'frameTimeoutMs' })
  })

  test('has them anew when another one came whole before', async () => {
    const { session, peer, clock, isOver } = stage(charts)
    await peer.sendsBytes(letters('{"type":'))
    for (let token = 1; token < 10; token += 2) {
      await clock.advance(9000)
      await peer.sendsBytes(letters(`"ping","token":${token},"ack":false}\n{"type":`))
      await peer.wants({ type: 'ping', token, ack: true })
    }
    expect(isOver()).toBe(false)
    await peer.sendsBytes(letters('"ping","token":11,"ack":false}\n'))
    await clock.advance(60_000)
    expect(isOver()).toBe(false)
    session.destroy()
    await clock.advance(2000)
    expect(clock.pending).toBe(0)
  })

  test('is not one that we left lying for the next turn', async () => {
    const { peer, clock, isOver } = stage(charts, { bytesPerTurn: 10 })
    await peer.sends(frames.ping(1), frames.ping(3))
    await clock.advance(60_000)
    expect(isOver()).toBe(false)
  })

  test('has for ever where the limit is 0', async () => {
    const { peer, clock, isOver } = stage(charts, { frameTimeoutMs: 0 })
    await peer.sendsBytes(letters('{'))
    await clock.advance(200_000)
    expect(isOver()).toBe(false)
    await peer.sends(frames.settings())
  })
})
