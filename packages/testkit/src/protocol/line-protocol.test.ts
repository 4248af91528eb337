import { describe, test } from '@jest/globals'
import { codecCases, lineProtocol } from '../index.js'

describe('the line protocol keeps to the codec contract:', () => {
  for (const { name, run } of codecCases(lineProtocol())) test(name, run)
})
