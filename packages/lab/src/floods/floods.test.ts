/** Each attack once, over a real socket: how soon the server reacts, with what, and how many handlers it cost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { assault } from './attacker.js'
import { broken } from './bounds.js'
import { ATTACKS } from './cases/attacks.js'
import { startTarget, type Target } from './target.js'

let target: Target
beforeAll(async () => {
  target = await startTarget()
})
afterAll(() => target.close())

describe('floods', () => {
  test.each(ATTACKS)('$name', async (attack) => {
    const { seen, port, leave } = await assault(attack, target.port)
    const told = await target.judge(port, seen.closed || seen.goAway !== undefined)
    leave()
    expect({ broken: broken(attack, seen, told), seen, told }).toMatchObject({ broken: [] })
  })
})
