import type { MuxStream } from '@plexus/contract'
import type { Side, World } from './world.js'

/** The largest piece that a user writes at once, bytes. */
export const LARGEST_WRITE = 30_000

/** What the users of a session have said and heard on each stream: so many bytes of one known row of numbers. */
export interface Heard {
  readonly written: Map<MuxStream, number>
  readonly read: Map<MuxStream, number>
  /** Streams with a read, or a write, that has not settled. */
  readonly readers: Set<MuxStream>
  readonly writers: Set<MuxStream>
  /** What was not as it was written. */
  readonly wrong: string[]
}

type Operation = (world: World, side: Side, heard: Heard) => void

/** What users do, as often as it is named here. */
const OPERATIONS: readonly (readonly [name: string, times: number, run: Operation])[] = [
  ['open', 5, open],
  ['write', 10, write],
  ['read', 12, read],
  ['half-close', 4, halfClose],
  ['reset', 2, onStream((stream) => stream.reset())],
  ['reply', 2, onStream((stream) => stream.initiator === 'peer' && stream.reply({ said: '1' }))],
  ['headers', 1, headers],
  ['ping', 2, ping],
  [
    'close',
    0.2,
    (world, side) => watch(world, `${side.role} close`, side.session.close({ timeoutMs: 5000 })),
  ],
  ['destroy', 0.1, (_world, side) => side.session.destroy()],
]
const TIMES = OPERATIONS.reduce((sum, [, times]) => sum + times, 0)

/** Does one thing, by the world's chance. */
export function operate(world: World, heard: Heard): void {
  const side = world.chance.pick(world.sides)
  let place = world.chance() * TIMES
  const [name, , run] = OPERATIONS.find(([, times]) => (place -= times) < 0) ?? OPERATIONS[0]!
  world.note(`${side.role} does ${name}`)
  run(world, side, heard)
}

/** Notes how `promise` settles, and that it waits until then. */
export function watch<T>(world: World, name: string, promise: Promise<T>, then?: (value: T) => void): void {
  const wait = `${name} #${world.trace.length}`
  world.waiting.add(wait)
  promise.then(
    (value) => {
      world.waiting.delete(wait)
      world.note(`${name} went well`)
      then?.(value)
    },
    (error) => {
      world.waiting.delete(wait)
      world.note(`${name} failed: ${error.code ?? error}`)
    },
  )
}

function onStream(run: (stream: MuxStream, world: World, side: Side, heard: Heard) => void): Operation {
  return (world, side, heard) => {
    if (side.streams.length > 0) run(world.chance.pick(side.streams), world, side, heard)
  }
}

function open(world: World, side: Side): void {
  watch(world, `${side.role} open`, side.session.open({ headers: { name: 'value' } }), (stream) => {
    side.streams.push(stream)
    watch(world, `${side.role} reply to ${stream.id}`, stream.replied)
    watch(world, `${side.role} end of ${stream.id}`, stream.closed)
  })
}

function write(world: World, side: Side, heard: Heard): void {
  onStream((stream) => {
    if (heard.writers.has(stream)) return
    heard.writers.add(stream)
    const from = heard.written.get(stream) ?? 0
    const bytes = rowOf(from, world.chance.pick([1, 300, 5000, LARGEST_WRITE]))
    const writing = stream.write(bytes).finally(() => heard.writers.delete(stream))
    watch(world, `${side.role} write on ${stream.id}`, writing)
    // A write that is refused has rejected at once, and its stream takes no more.
    heard.written.set(stream, from + bytes.length)
  })(world, side, heard)
}

function read(world: World, side: Side, heard: Heard): void {
  onStream((stream) => {
    if (heard.readers.has(stream)) return
    heard.readers.add(stream)
    const name = `${side.role} read on ${stream.id}`
    const reading = stream.read().finally(() => heard.readers.delete(stream))
    watch(world, name, reading, (chunk) => {
      if (chunk === undefined) return
      const from = heard.read.get(stream) ?? 0
      heard.read.set(stream, from + chunk.length)
      world.note(`${name} got ${chunk.length} bytes`)
      if (!world.isHonest) return
      const wanted = rowOf(from, chunk.length)
      if (!chunk.every((byte, i) => byte === wanted[i]))
        heard.wrong.push(`${name}: other bytes than were written`)
    })
  })(world, side, heard)
}

function halfClose(world: World, side: Side, heard: Heard): void {
  onStream((stream) => watch(world, `${side.role} half-close of ${stream.id}`, stream.close()))(
    world,
    side,
    heard,
  )
}

function headers(world: World, side: Side, heard: Heard): void {
  onStream((stream) => {
    if (stream.state === 'open') {
      try {
        stream.writeHeaders({ more: '1' })
      } catch (error) {
        world.note(`headers on ${stream.id}: ${(error as { code?: string }).code}`)
      }
    }
  })(world, side, heard)
}

function ping(world: World, side: Side): void {
  if (side.session.actor.getSnapshot().status === 'active')
    watch(world, `${side.role} ping`, side.session.ping({ timeoutMs: 3000 }))
}

function rowOf(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) % 251)
}
