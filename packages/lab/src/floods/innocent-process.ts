import { HttpClient } from '@plexus/http'
import { connect } from 'plexus/node'
import { answer } from './questions.js'

/** `begin` dials, and asks one request after the other; `count` tells how long each answer since the last count took, ms. */
export type InnocentQuestion = { readonly what: 'begin'; readonly port: number } | { readonly what: 'count' }

const GAP_MS = 2
let took: number[] = []

answer(async (question: InnocentQuestion) => {
  if (question.what === 'count') return took.splice(0)
  const session = await connect(`h2+tcp://127.0.0.1:${question.port}`)
  const client = new HttpClient(session, { origin: `http://127.0.0.1:${question.port}` })
  took = []
  void askOn(client)
  return undefined
})

/** One request after the other. An error ends the process, and with it the measurement. */
async function askOn(client: HttpClient): Promise<never> {
  for (;;) {
    const since = performance.now()
    const { body } = await client.request({ path: '/', timeoutMs: 10_000 })
    for await (const _ of body);
    took.push(performance.now() - since)
    await new Promise((resolve) => setTimeout(resolve, GAP_MS))
  }
}
