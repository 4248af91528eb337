import { expect, test } from '@jest/globals'
import type { Priority } from '@plexus/contract'
import { stageOf } from '../pair.test.kit.js'
import { HttpClient } from './http-client.js'
import { priorityFor } from './priority.js'

const TABLE: readonly (readonly [string, Priority])[] = [
  ['https://h', 0],
  ['https://h/', 0],
  ['https://h?x=a.png', 0],
  ['https://h/a/index.html?x=y.png', 0],
  ['/docs/', 0],
  ['/a.css', 1],
  ['https://h/a.min.js#x.png', 1],
  ['/a.woff2', 2],
  ['/a.json', 3],
  ['https://h.test:8443/api/users', 3],
  ['/graphql', 3],
  ['/apiary/x', 4],
  ['/about', 4],
  ['/a.unknown', 4],
  ['/.png.d/file', 4],
  ['/film.mp4', 5],
  ['/a/b.MP3?start=5', 5],
  ['/a.tar.gz', 6],
  ['/api/logo.png', 7],
  ['https://h/a.svg', 7],
  ['https://png/a', 4],
]

test.each(TABLE)('AM-28 %s has priority %i', (url, priority) => {
  expect(priorityFor(url)).toBe(priority)
  if (url.startsWith('https:')) expect(priorityFor(new URL(url))).toBe(priority)
})

test('AM-28 every priority from 0 to 7 has something to it, and stands on the wire', async () => {
  const { session, peer, clock } = await stageOf('client')
  const client = new HttpClient(session, { origin: 'http://h', clock })
  const paths = '/ /a.css /a.ttf /a.json /a /a.mp4 /a.zip /a.png'.split(' ')
  for (const [priority, path] of paths.entries()) {
    client.request({ path }).catch(() => {})
    await peer.wants({ type: 'open', priority: (wire) => wire === priority })
  }
  session.destroy()
})

test('AM-28 the request goes before the client’s rule, and that before ours', async () => {
  const { session, peer, clock } = await stageOf('client')
  const urls: string[] = []
  const rule = (url: string): Priority => {
    urls.push(url)
    return 6
  }
  const client = new HttpClient(session, { origin: 'https://h:8443', priorityFor: rule, clock })
  client.request({ path: '/a.png?b' }).catch(() => {})
  await peer.wants({ type: 'open', priority: 6 })
  client.request({ path: '/a.png?b', priority: 2 }).catch(() => {})
  await peer.wants({ type: 'open', priority: 2 })
  expect(urls).toEqual(['https://h:8443/a.png?b'])
  session.destroy()
})
