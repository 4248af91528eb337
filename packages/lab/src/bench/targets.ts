import { HPACK, HPACK_FIGURES, OUR_HPACK } from './hpack.js'
import type { Results } from './results.js'

/** A promise of the project, and the figure by which to judge it. Printed, never asserted: machines differ. */
export interface Target {
  readonly what: string
  readonly target: string
  readonly value: (results: Results) => number | undefined
  readonly met: (value: number) => boolean
}

const OURS = 'plexus'
const OURS_H2 = 'plexus-h2'

const atLeast = (bound: number, unit = '×') => ({
  target: `≥ ${bound}${unit}`,
  met: (value: number) => value >= bound,
})
const atMost = (bound: number, unit: string) => ({
  target: `≤ ${bound.toLocaleString('en')}${unit}`,
  met: (value: number) => value <= bound,
})
const around1 = (percent: number) => ({
  target: `1 ± ${percent} %`,
  met: (value: number) => Math.abs(value - 1) <= percent / 100,
})

const rateAgainst = (workload: string, other: string) => (results: Results) =>
  results.ratio(workload, OURS, other, 'rate')

const ours = (workload: string, figure: string) => (results: Results) =>
  results.median(workload, OURS, figure)

/** What a stream costs among 10,000 by what it costs among 100. */
const crowding = (figure: string, inverse: boolean) => (results: Results) => {
  const few = results.median('open-close-100', OURS, figure)
  const many = results.median('open-close-10000', OURS, figure)
  if (few === undefined || many === undefined) return undefined
  return inverse ? few / many : many / few
}

const BULK = ['bulk-down-16', 'bulk-down-64', 'bulk-up-16', 'bulk-up-64']

const h2Against = (workload: string, other: string, figure: string) => (results: Results) =>
  results.ratio(workload, OURS_H2, other, figure)

/** Of HTTP/2, against Node's own, which is C++ below the streams. */
const H2_TARGETS: readonly Target[] = [
  ...['h2load-1', 'h2load-10'].flatMap((name) => [
    {
      what: `${name}: rate of ours-exchange by node-core`,
      ...atLeast(0.8),
      value: (results: Results) => results.ratio(name, 'ours-exchange', 'node-core', 'rate'),
    },
    {
      what: `${name}: rate of ours-handler by node-compat`,
      ...atLeast(1.2),
      value: (results: Results) => results.ratio(name, 'ours-handler', 'node-compat', 'rate'),
    },
  ]),
  {
    what: 'h2, request-100: rate by http2',
    ...atLeast(2),
    value: h2Against('request-100', 'http2', 'rate'),
  },
  ...['bulk-down-16', 'bulk-up-16'].map((name) => ({
    what: `h2, ${name}: rate by tcp`,
    ...atLeast(0.7),
    value: h2Against(name, 'tcp', 'rate'),
  })),
  ...['clientRss', 'serverRss'].map((figure) => ({
    what: `h2, idle stream: ${figure} by http2`,
    ...atMost(0.7, '×'),
    value: h2Against('idle', 'http2', figure),
  })),
  ...HPACK_FIGURES.map((verb) => ({
    what: `HPACK, ${verb}: speed by hpack.js, where it is least`,
    ...atLeast(3),
    value: (results: Results) => results.median(HPACK, OUR_HPACK, verb),
  })),
]

export const TARGETS: readonly Target[] = [
  ...BULK.map((name) => ({
    what: `${name}: rate by spdy-transport`,
    ...atLeast(2.5),
    value: rateAgainst(name, 'spdy-transport'),
  })),
  ...BULK.map((name) => ({
    what: `${name}: rate by tcp`,
    ...atLeast(name.endsWith('16') ? 0.7 : 0.85),
    value: rateAgainst(name, 'tcp'),
  })),
  {
    what: 'open-close-100: rate by spdy-transport',
    ...atLeast(6),
    value: rateAgainst('open-close-100', 'spdy-transport'),
  },
  { what: 'open-close-100: rate by http2', ...atLeast(2), value: rateAgainst('open-close-100', 'http2') },
  { what: 'a stream among 10,000 by one among 100: time', ...around1(15), value: crowding('rate', true) },
  { what: 'a stream among 10,000 by one among 100: CPU', ...around1(15), value: crowding('cpu', false) },
  { what: 'request-100: rate by http2', ...atLeast(1.3), value: rateAgainst('request-100', 'http2') },
  {
    what: 'request-100: rate by spdy-transport',
    ...atLeast(4),
    value: rateAgainst('request-100', 'spdy-transport'),
  },
  ...[['hop-proxy', 'hop-raw'] as const, ['hop1-proxy', 'hop1-raw'] as const].map(([proxy, raw]) => ({
    what: `hop-100: CPU of ${proxy} by ${raw}`,
    ...atMost(1.3, '×'),
    value: (results: Results) => results.ratio('hop-100', proxy, raw, 'cpu'),
  })),
  { what: 'ping-pong: rate by tcp', ...atLeast(0.75), value: rateAgainst('ping-pong', 'tcp') },
  { what: 'streams-100: slowest by fastest', ...atLeast(0.95, ''), value: ours('streams-100', 'fairness') },
  { what: 'idle stream: heap at the client', ...atMost(3072, ' B'), value: ours('idle', 'clientHeap') },
  { what: 'idle stream: heap at the server', ...atMost(3072, ' B'), value: ours('idle', 'serverHeap') },
  ...H2_TARGETS,
]
