import { expect, it } from '@jest/globals'
import { leastRatios } from './hpack.js'
import { reportOf } from './workloads/h2load.js'

const REPORT = `
finished in 1.50s, 20800.00 req/s, 610.78KB/s
requests: 31200 total, 31300 started, 31200 done, 31200 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 31300 2xx, 0 3xx, 0 4xx, 0 5xx
`

it('a report of h2load is read', () => {
  expect(reportOf(REPORT)).toEqual({ rate: 20_800, done: 31_200 })
})

it.each([
  ['a request that failed', REPORT.replace('0 failed', '1 failed')],
  ['an answer that is none', REPORT.replace('0 5xx', '3 5xx')],
])('%s spoils the measurement', (_, report) => {
  expect(() => reportOf(report)).toThrow(/expected answers 2xx only/)
})

it('what is no report is shown as it came', () => {
  expect(() => reportOf('unknown option')).toThrow(/expected a report of h2load, got: unknown option/)
})

it('HPACK is judged where it is slowest beside the other', () => {
  const report = {
    'decode one': { ours: 10, 'hpack.js': 50 },
    'decode two': { ours: 10, 'hpack.js': 40 },
    'encode one': { ours: 20, 'hpack.js': 60 },
    'know one': { ours: 1 },
  }
  expect(leastRatios(report)).toEqual({ decode: 4, encode: 3 })
})
