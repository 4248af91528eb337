import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { pairOf, requestOf, stageOf } from '../pair.test.kit.js'

test('an exchange has a head and a body on both ways', async () => {
  const { client, clock } = pairOf(async ({ request, body }) => {
    expect(request).toMatchObject({ method: 'GET', path: '/a', authority: 'example.test', scheme: 'https' })
    expect(await body.text()).toBe('')
  })
  const stream = await client.open({ headers: requestOf('/a'), end: true })
  await clock.settle()
  expect((await stream.replied).get(':status')).toBe('200 OK')
})

test('DM-20 AM-22 a handler that writes nothing is a reply of 200 with the end', async () => {
  const { peer } = await stageOf('server', () => {})
  await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
  await peer.wants({ type: 'reply', id: 1, end: true })
})

test('DM-20 a handler that throws is answered with 500, and the session lives', async () => {
  const failures: unknown[] = []
  const { peer } = await stageOf(
    'server',
    () => {
      throw new Error('no')
    },
    { onError: (error) => void failures.push(error) },
  )
  await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
  const reply = await peer.wants({ type: 'reply', id: 1, end: true })
  expect(reply).toMatchObject({ type: 'reply' })
  expect(failures).toHaveLength(1)
})
