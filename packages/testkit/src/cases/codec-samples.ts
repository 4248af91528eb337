import type { DataFrame, OutFrame, Role, Traits } from '@plexus/contract'
import { frames } from '../peer/frames.js'

/** A dialogue's one side: what `role` sends, in an order that its protocol allows. */
export interface CodecSample {
  readonly name: string
  /** Who encodes; the other role decodes. */
  readonly role: Role
  readonly frames: readonly (OutFrame | DataFrame)[]
}

/** One sample for each role, with every kind of frame that the traits name. */
export function samplesOf(traits: Traits): CodecSample[] {
  return (['client', 'server'] as const).map((role) => ({
    name: `everything a ${role} says`,
    role,
    frames: [...beginning(traits, role), ...exchange(traits, role), ...ending(traits)],
  }))
}

type Spoken = readonly (OutFrame | DataFrame)[]

function beginning(traits: Traits, role: Role): Spoken {
  const said: (OutFrame | DataFrame)[] = []
  if (traits.settings) said.push(frames.settings({ initialWindow: 1_000_000 }))
  if (traits.settingsAck) said.push(frames.settings({}, { ack: true }))
  // The parity of an id is the role of its sender.
  const token = role === 'client' ? 1 : 2
  if (traits.ping) said.push(frames.ping(token), frames.ping(3 - token, { ack: true }))
  return said
}

function exchange(traits: Traits, role: Role): Spoken {
  const headers = traits.headers ? HEADERS : {}
  const id = 1
  const said: (OutFrame | DataFrame)[] = []
  if (role === 'client') said.push(frames.open(id, { headers, priority: traits.headers ? 2 : 3 }))
  else if (traits.inform) said.push(frames.inform(id, INFORM))
  if (role === 'server' && traits.reply) said.push(frames.reply(id, { headers: traits.headers ? REPLY : {} }))
  if (role === 'client' && traits.priorityUpdate) said.push(frames.priority(id, 5, { incremental: true }))
  if (traits.streamWindow) said.push(frames.window(id, 70_000))
  if (traits.sessionWindow) said.push(frames.window(0, 2 ** 20))
  said.push(frames.data(id, 'hello'), frames.data(id, pattern(5000)))
  if (traits.headers) said.push(frames.headers(id, { 'x-late': 'yes' }))
  said.push(frames.data(id, '', { end: true }))
  if (role === 'client') said.push(frames.open(3, { headers, end: true }), frames.reset(3, 'CANCEL'))
  return said
}

function ending(traits: Traits): Spoken {
  return traits.goAway ? [frames.goAway(1)] : []
}

const HEADERS = {
  ':method': 'GET',
  ':path': '/some/where?x=1',
  ':version': 'HTTP/1.1',
  ':host': 'example.test',
  ':scheme': 'https',
  accept: ['text/html', 'text/plain'],
  cookie: 'a=b; c=d',
}

const INFORM = { ':status': '103', link: '</style.css>; rel=preload' }

const REPLY = { ':status': '200', ':version': 'HTTP/1.1', 'content-type': 'text/plain' }

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff)
}
