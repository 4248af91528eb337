import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { headerDictionary } from './dictionary.js'

test('the dictionary is the one of the draft, byte for byte', () => {
  const bytes = headerDictionary()
  expect(bytes).toHaveLength(1423)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02',
  )
})

test('it is decoded once', () => {
  expect(headerDictionary()).toBe(headerDictionary())
})
