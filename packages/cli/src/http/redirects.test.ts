import { expect, test } from '@jest/globals'
import type { Answer, Asking, Fields } from './peer.js'
import { askFollowing } from './redirects.js'
import { parseHttpTarget } from './target.js'

const SECRETS: Fields = [
  ['Authorization', 'Basic c2VjcmV0'],
  ['Cookie', 'a=1'],
  ['Host', 'virtual.test'],
  ['accept', '*/*'],
]
const BODY = { length: 4, open: async function* () {} }

/** Answers with what the map says of a URL, as `status location`; else with 200. */
async function follow(first: Partial<Asking> & { readonly url: string }, places: Record<string, string>) {
  const asked: string[] = []
  const cancelled: number[] = []
  const shown: number[] = []
  const ask = async ({ target, method, headers, body }: Asking): Promise<Answer> => {
    const names = headers.map(([name]) => name.toLowerCase()).join(' ')
    asked.push(`${method} ${target.text} [${names}]${body === undefined ? '' : ' body'}`)
    const [status = '200', place] = (places[target.text] ?? '').split(' ').filter(Boolean)
    return {
      protocol: 'HTTP/1.1',
      status: Number(status),
      statusText: '',
      headers: place === undefined ? [] : [['Location', place]],
      body: BODY.open(),
      trailers: async () => [],
      cancel: () => void cancelled.push(Number(status)),
    }
  }
  const { url, ...rest } = first
  const asking: Asking = {
    ...{ method: 'GET', headers: SECRETS, body: undefined, signal: new AbortController().signal },
    ...{ ...rest, target: parseHttpTarget(url) },
  }
  const arrival = askFollowing(asking, ask, ({ status }) => shown.push(status))
  const outcome = await arrival.then(
    ({ answer, target }) => `${answer.status} ${target.text}`,
    (error: Error) => error.message,
  )
  return { asked, outcome, cancelled, shown }
}

test('goes where answers lead, by addresses of every form, and drops their bodies', async () => {
  const { asked, outcome, cancelled, shown } = await follow(
    { url: 'http://a.test/x/y', headers: [] },
    {
      'http://a.test/x/y': '301 z?q#f',
      'http://a.test/x/z?q#f': '302 /w',
      'http://a.test/w': '307 //a.test/v',
      'http://a.test/v': '308 http://a.test/u',
      'http://a.test/u': '304 /never',
    },
  )
  expect(outcome).toBe('304 http://a.test/u')
  expect(asked).toHaveLength(5)
  expect([cancelled, shown]).toEqual([
    [301, 302, 307, 308],
    [301, 302, 307, 308],
  ])
})

test.each([
  ['another host', 'https://b.test/'],
  ['another port', 'https://a.test:8443/'],
  ['another scheme', 'http://a.test/'],
])(
  'S11 credentials stay where they were said: %s does not get them, and they do not come back',
  async (_, there) => {
    const { asked } = await follow(
      { url: 'https://a.test/' },
      { 'https://a.test/': `302 ${there}`, [there]: '302 https://a.test/b' },
    )
    expect(asked).toEqual([
      'GET https://a.test/ [authorization cookie host accept]',
      `GET ${there} [accept]`,
      'GET https://a.test/b [accept]',
    ])
  },
)

test('the same server under another scheme of ours keeps them', async () => {
  const { asked } = await follow(
    { url: 'spdy+tls://a.test:1/' },
    { 'spdy+tls://a.test:1/': '302 https://a.test:1/b' },
  )
  expect(asked[1]).toBe('GET https://a.test:1/b [authorization cookie host accept]')
})

test.each([
  [301, 'POST', 'GET https://a.test/b []'],
  [302, 'POST', 'GET https://a.test/b []'],
  [303, 'PUT', 'GET https://a.test/b []'],
  [303, 'HEAD', 'HEAD https://a.test/b [content-type] body'],
  [302, 'PUT', 'PUT https://a.test/b [content-type] body'],
  [307, 'POST', 'POST https://a.test/b [content-type] body'],
  [308, 'POST', 'POST https://a.test/b [content-type] body'],
])('a %d makes of %s: %s', async (status, method, wanted) => {
  const { asked } = await follow(
    { url: 'https://a.test/', method, body: BODY, headers: [['content-type', 'text/plain']] },
    { 'https://a.test/': `${status} /b` },
  )
  expect(asked[1]).toBe(wanted)
})

test('twenty are followed, and one more is an error', async () => {
  const loop = await follow({ url: 'http://a.test/' }, { 'http://a.test/': '302 /' })
  expect([loop.outcome, loop.asked.length, loop.cancelled.length]).toEqual([
    'expected at most 20 redirects, one more came',
    21,
    21,
  ])
})

test.each([
  ['file:///etc/passwd', "expected a redirect to http: or https:, got 'file:'"],
  ['spdy+tcp://a.test:1/', "expected a redirect to http: or https:, got 'spdy+tcp:'"],
  ['http://u:secret@a.test/', 'expected a URL without user and password'],
  ['http://[', "expected a redirect to a URL, got 'http://['"],
])('leads not out of HTTP: %s', async (place, message) => {
  const { outcome, asked } = await follow({ url: 'https://a.test/' }, { 'https://a.test/': `302 ${place}` })
  expect([outcome, asked.length]).toEqual([message, 1])
})

test('a body that came from stdin is not there a second time', async () => {
  const body = { ...BODY, isOnce: true } as const
  const { outcome } = await follow(
    { url: 'http://a.test/', method: 'PUT', body },
    { 'http://a.test/': '307 /b' },
  )
  expect(outcome).toContain('expected a body that can be sent again')
})
