import { LARGEST_WRITE } from './operations.js'
import { LIMITS_HERE, type Side, type World } from './world.js'

/** What has to be true whenever the world comes to rest; says in words what is not. */
export function brokenAtRest({ sides }: World): string[] {
  return sides.flatMap((side) =>
    [...countsOf(side), ...queuesOf(side)].map((what) => `${side.role}: ${what}`),
  )
}

/** What has to be true when all is over. */
export function brokenAtTheEnd(world: World): string[] {
  const { sides, clock, waiting } = world
  const broken = sides.flatMap((side) =>
    [...terminalsOf(side), ...afterlifeOf(side)].map((what) => `${side.role}: ${what}`),
  )
  if (clock.pending !== 0) broken.push(`${clock.pending} timers have no owner any more`)
  for (const wait of waiting) broken.push(`'${wait}' never settles`)
  return broken
}

/** Open count equals map size, and events tell the same. */
function countsOf({ session, events }: Side): string[] {
  const count = (...types: string[]) => events.filter(({ type }) => types.includes(type)).length
  const open = count('opened') - count('ended', 'reset')
  const { size, ours, theirs } = session.table
  const broken: string[] = []
  if (
    session.streamCount !== size ||
    [...session.table].length !== size ||
    ours + theirs !== size ||
    ours < 0
  )
    broken.push(`${session.streamCount} streams are counted, ${size} are there, ${ours} of them ours`)
  if (open !== size) broken.push(`events tell of ${open} open streams, ${size} are there`)
  return broken
}

/** Queues within bounds. */
function queuesOf({ session }: Side): string[] {
  const { streamReceive, sessionReceive, streamSend } = session.limits
  const broken: string[] = []
  for (const stream of session.table) {
    if (session.traits.streamWindow && stream.inbox.size > streamReceive)
      broken.push(`stream ${stream.id} holds ${stream.inbox.size} bytes unread`)
    // A writer goes over its limit by the write that waits for it.
    if (stream.outbox.size > streamSend + LARGEST_WRITE)
      broken.push(`stream ${stream.id} holds ${stream.outbox.size} bytes unsent`)
  }
  if (session.receiver.unread.used < 0) broken.push('fewer than no bytes are unread')
  if (session.traits.sessionWindow && session.receiver.unread.used > sessionReceive)
    broken.push(`${session.receiver.unread.used} bytes are unread`)
  const places = LIMITS_HERE.maxInboundStreams ?? 0
  if (session.table.theirs > places) broken.push(`${session.table.theirs} streams have ${places} places`)
  if (session.pump.out.length > session.limits.maxOwedBytes + streamSend + LARGEST_WRITE)
    broken.push(`${session.pump.out.length} bytes are encoded and not written`)
  return broken
}

/** One terminal event per stream. */
function terminalsOf({ events }: Side): string[] {
  const ends = new Map<number, number>()
  for (const event of events) {
    if (event.type === 'opened') ends.set(event.stream.id, 0)
    if (event.type === 'ended' || event.type === 'reset')
      ends.set(event.stream.id, (ends.get(event.stream.id) ?? 0) + 1)
  }
  return [...ends]
    .filter(([, count]) => count !== 1)
    .map(([id, count]) => `stream ${id} ended ${count} times`)
}

/** Nothing after dead. */
function afterlifeOf({ session, events }: Side): string[] {
  const broken: string[] = []
  const last = events.at(-1)
  if (events.filter(({ type }) => type === 'closed').length !== 1) broken.push('it did not end once')
  else if (last?.type !== 'closed') broken.push(`'${last?.type}' was told after its end`)
  if (session.streamCount !== 0) broken.push(`${session.streamCount} streams outlive it`)
  return broken
}
