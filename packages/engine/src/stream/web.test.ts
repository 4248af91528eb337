import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { failureOf, lineStage } from '../testing/line-stage.test.kit.js'

/** A stream of the peer as web streams. */
async function webStream() {
  const set = lineStage()
  const { peer, session } = set
  peer.ignores({ type: 'settings' }, { type: 'window' })
  await peer.sends(frames.open(1))
  const stream = (await session[Symbol.asyncIterator]().next()).value!
  return { ...set, stream, ...stream.toWeb() }
}

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()

test('what comes stays with the stream until somebody reads, so that its window holds the peer back', async () => {
  const { peer, stream, readable } = await webStream()
  await peer.sends(frames.data(1, 'abc'))
  expect(stream).toMatchObject({ inbox: { size: 3 } })
  const reader = readable.getReader()
  expect(text((await reader.read()).value)).toBe('abc')
  await peer.sends(frames.data(1, 'd', { end: true }))
  expect(text((await reader.read()).value)).toBe('d')
  expect((await reader.read()).done).toBe(true)
})

test('what is written goes out, and its close is the end', async () => {
  const { peer, writable } = await webStream()
  const writer = writable.getWriter()
  await writer.write(new TextEncoder().encode('abc'))
  await peer.wants({ type: 'reply', id: 1 })
  await peer.wantsPayload(1, 'abc')
  void writer.close()
  await peer.wants({ type: 'data', id: 1, end: true })
})

test('a reset of the peer fails both, with the stream’s own error', async () => {
  const { peer, readable, writable } = await webStream()
  const reading = failureOf(readable.getReader().read())
  const writer = writable.getWriter()
  await peer.sends(frames.reset(1, 'CANCEL'))
  expect(await reading).toMatchObject({ code: 'CANCEL', blame: 'peer' })
  expect(await failureOf(writer.closed)).toMatchObject({ code: 'CANCEL', blame: 'peer' })
})

test.each(['readable', 'writable'] as const)('giving the %s up resets the stream', async (half) => {
  const { peer, stream, ...web } = await webStream()
  if (half === 'readable') await web.readable.cancel()
  else await web.writable.abort()
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  expect(stream.state).toBe('closed')
})
