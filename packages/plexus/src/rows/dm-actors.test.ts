import { describe, expect, test } from '@jest/globals'
import { HeaderFields, type MuxStream } from '@plexus/contract'
import type { SessionOptions } from '@plexus/engine'
import { frames } from '@plexus/testkit'
import { CASTS, type Stage, stage } from './stage.test.kit.js'

/** How a reset of the peer meets a stream that finishes. */
const meetings: Readonly<Record<string, (set: Stage, stream: MuxStream) => Promise<void>>> = {
  'before it finishes': async ({ peer }, stream) => {
    await peer.sends(frames.reset(1))
    void stream.close()
  },
  'while its end waits for the carrier': async ({ peer, carrier }, stream) => {
    carrier.outgoing.stall()
    void stream.close()
    await peer.sends(frames.reset(1))
    carrier.outgoing.unstall()
  },
  'after its end': async ({ peer }, stream) => {
    void stream.close()
    await peer.sends(frames.reset(1))
  },
}

describe.each(CASTS)('the actors of a session, $charts, as $role', (cast) => {
  test('DM-1 three requests make three streams beside one session and one outFramer', async () => {
    const ear = new Ear()
    const { session, begin } = await stage({ ...cast, inspect: ear.inspect })
    await begin()
    await begin()
    await begin()
    expect(ear.actors[0]).toBe(session.actor)
    expect(ear.actors.slice(1).map(({ id }) => id)).toEqual(['outFramer', 'keepalive', '1', '3', '5'])
    expect(new Set(ear.actors.slice(1).map((actor) => actor._parent))).toEqual(new Set([session.actor]))
  })

  test('DM-1 no part is reachable from the snapshots of two actors', async () => {
    const ear = new Ear()
    const { peer, begin } = await stage({ ...cast, inspect: ear.inspect })
    for (const stream of [await begin(), await begin(), await begin()]) void stream.write('hello')
    await peer.sends(frames.data(1, 'unread'), frames.data(3, 'unread'))
    const reached = ear.actors.map((actor) => [...reachable(actor.getSnapshot().context.parts)])
    const owners = reached.map(([part]) => part?.constructor.name)
    expect(owners).toEqual(['Phases', 'Pump', 'Keepalive', 'Stream', 'Stream', 'Stream'])
    expect(new Set(reached.flat()).size).toBe(reached.flat().length)
  })

  test('DM-1 no message carries payload', async () => {
    const ear = new Ear()
    const { session, peer, begin } = await stage({ ...cast, inspect: ear.inspect })
    const stream = await begin()
    const reading = stream.read()
    await peer.sends(frames.data(1, 'ping'), frames.data(1, 'pong', { end: true }))
    await reading
    await stream.write('hello', { end: true })
    await peer.wants({ type: 'data', id: 1, payload: 'hello', end: true })
    expect(session.streamCount).toBe(0)
    expect(ear.messages.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['recvData', 'recvEnd', 'fin']),
    )
    expect(ear.messages.filter((message) => Object.values(message).some(isBytes))).toEqual([])
  })

  test('DM-2 the first close request wins: one last frame, with its code', async () => {
    const { session, peer } = await stage(cast)
    session.destroy('PROTOCOL_ERROR')
    session.destroy()
    session.destroy('INTERNAL_ERROR')
    await peer.wants({ type: 'goAway', lastId: 0, code: 'PROTOCOL_ERROR' })
    await peer.wantsEnd()
    await peer.ends()
    expect((await session.closed)?.code).toBe('PROTOCOL_ERROR')
  })

  test('DM-2 a fault that follows an orderly close request changes nothing', async () => {
    const { session, peer } = await stage(cast)
    session.destroy()
    await peer.sends(frames.data(0, 'for nobody'))
    await peer.wants({ type: 'goAway', code: 'NO_ERROR' })
    await peer.wantsEnd()
    await peer.ends()
    expect(await session.closed).toBeUndefined()
  })

  test('DM-2 close requests on a session that is over harm nobody', async () => {
    const { session, carrier } = await stage(cast)
    carrier.incoming.cut('reset')
    expect((await session.closed)?.code).toBe('CONNECTION_LOST')
    session.destroy('PROTOCOL_ERROR')
    await session.close()
    expect((await session.closed)?.code).toBe('CONNECTION_LOST')
  })

  test('DM-4 a stream stays in the table until its own end is out', async () => {
    const { session, peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 2 }))
    const stream = await begin()
    await peer.sends(frames.data(1, '', { end: true }))
    const closing = stream.write('hello').then(() => stream.close())
    await peer.wants({ type: 'data', id: 1, payload: 'he', end: false })
    await peer.idle()
    expect([session.streamCount, stream.state]).toEqual([1, 'half-closed (remote)'])
    await peer.sends(frames.window(1, 3))
    await peer.wants({ type: 'data', id: 1, payload: 'llo', end: true })
    await closing
    expect([session.streamCount, stream.state]).toEqual([0, 'closed'])
  })

  test('DM-4 data for a stream that is gone gets a reset, and the session goes on', async () => {
    const { peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.data(1, '', { end: true }))
    await stream.close()
    await peer.wants({ type: 'data', id: 1, payload: '', end: true })
    await peer.sends(frames.data(1, 'late'))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    await begin()
  })

  test('DM-4 data for a stream that is forgotten gets a reset, too', async () => {
    const { peer, begin } = await stage({ ...cast, limits: { closedMemory: 0 } })
    const stream = await begin()
    await peer.sends(frames.data(1, '', { end: true }))
    await stream.close()
    await peer.wants({ type: 'data', id: 1, payload: '', end: true })
    await peer.sends(frames.data(1, 'late'))
    await peer.wants({ type: 'reset', id: 1, code: 'INVALID_STREAM' })
    await begin()
  })

  test.each(Object.keys(meetings))('DM-4 a stream ends once where a reset comes %s', async (when) => {
    const ear = new Ear()
    const set = await stage({ ...cast, inspect: ear.inspect })
    const { session, peer, begin } = set
    const stream = await begin()
    await peer.sends(frames.data(1, '', { end: true }))
    await meetings[when]!(set, stream)
    await peer.ignores({ type: 'data', id: 1, payload: '', end: true }).idle()
    await stream.closed
    expect(ear.told('session').filter((type) => type === 'fin')).toEqual(['fin'])
    expect(session.streamCount).toBe(0)
    await begin()
  })

  test('DM-6 a hundred data frames before the first read lose no byte and send no message', async () => {
    const ear = new Ear()
    const { peer, begin } = await stage({ ...cast, inspect: ear.inspect })
    const stream = await begin()
    const told = ear.told('1').length
    await peer.sends(...parts.map((part) => frames.data(1, part)))
    expect(ear.told('1').slice(told)).toEqual([])
    await peer.sends(frames.data(1, '', { end: true }))
    expect(await textOf(stream)).toBe(parts.join(''))
  })

  test('DM-6 a hundred data frames in one turn wake a waiting reader once', async () => {
    const ear = new Ear()
    const { peer, begin } = await stage({ ...cast, inspect: ear.inspect })
    const stream = await begin()
    const text = textOf(stream)
    const told = ear.told('1').length
    await peer.sends(...parts.map((part) => frames.data(1, part)))
    expect(ear.told('1').slice(told)).toEqual(['recvData'])
    await peer.sends(frames.data(1, '', { end: true }))
    expect(await text).toBe(parts.join(''))
  })
})

const parts = Array.from({ length: 100 }, (_, i) => `part ${i} `.padEnd(300, '.'))

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const bytes of stream) text += new TextDecoder().decode(bytes)
  return text
}

type Inspect = Extract<SessionOptions['inspect'], (event: never) => unknown>
type Heard = Parameters<Inspect>[0]
type Actor = Heard['actorRef'] & { readonly id: string; readonly _parent?: unknown }

/** Hears all that the actors of one session are told. */
class Ear {
  readonly #heard: Heard[] = []
  readonly inspect: Inspect = (event) => void this.#heard.push(event)

  /** Each actor once, in the order they came to be. */
  get actors(): Actor[] {
    return this.#heard.flatMap((event) => (event.type === '@xstate.actor' ? [event.actorRef as Actor] : []))
  }

  get messages(): { readonly type: string }[] {
    return this.#heard.flatMap((event) => (event.type === '@xstate.event' ? [event.event] : []))
  }

  /** The types of the messages that this actor got; the session is called `session`. */
  told(id: string): string[] {
    const actor = id === 'session' ? this.actors[0] : this.actors.find((one) => one.id === id)
    return this.#heard.flatMap((event) =>
      event.type === '@xstate.event' && event.actorRef === actor ? [event.event.type] : [],
    )
  }
}

const isBytes = (value: unknown) => value instanceof Uint8Array

/** A part's neighbours in a line it stands in, be it of writers or of timers, are no parts of it. */
const NEIGHBOURS = new Set(['queue', 'ahead', 'behind', 'previous', 'next'])

/** All objects that can change and that properties lead to; the reference of an actor is an address and leads nowhere. */
function reachable(from: object, found = new Set<object>()): Set<object> {
  if (found.has(from) || 'sessionId' in from || from instanceof HeaderFields) return found
  found.add(from)
  for (const [name, value] of Object.entries(from)) {
    if (typeof value === 'object' && value !== null && !NEIGHBOURS.has(name)) reachable(value, found)
  }
  return found
}
