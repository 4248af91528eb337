import { tmpdir } from 'node:os'
import { describe, expect, it, test } from '@jest/globals'
import { machines } from '@plexus/engine'
import { httpMachines } from '@plexus/http/node'
import type { Io } from './console/io.js'
import { main } from './main.js'
import { Run } from './test-support/run.test.kit.js'

describe('a command line that makes no sense ends with 2', () => {
  it.each([
    [[]],
    [['nonsense']],
    [['serve']],
    [['serve', '.']],
    [['serve', '.', '--listen', 'spdy+tcp://127.0.0.1:0', '--max-streams', '0']],
    [['serve', '.', '--listen', 'spdy+tcp://127.0.0.1:0', '--max-streams', '1.5']],
    [['get', 'spdy+tcp://127.0.0.1:1', '/a']],
    [['get', 'spdy+tcp://127.0.0.1:1', '-o', '.', '--concurrency', '-1']],
    [['echo']],
    [['probe', 'spdy+tcp://127.0.0.1:1']],
    [['probe', 'spdy+tcp://127.0.0.1:1', '--streams', 'many', '--bytes', '1']],
    [['probe', 'spdy+tcp://127.0.0.1:1', '--streams', '1', '--bytes', '1', '--skip', 'echo,nothing']],
    [['probe', 'spdy+tcp://127.0.0.1:1', '--streams', '1', '--bytes', '1', '--timeout', '0']],
    [['charts', '--unknown']],
  ])('plexus %j', async (args) => {
    const run = new Run(...args)
    expect(await run.code).toBe(2)
    expect(run.lines).toEqual([])
    expect(run.notes).not.toEqual([])
  })
})

describe('a URL that cannot be ends with 2 and says what was expected', () => {
  const echo = (url: string) => ['echo', '--listen', url]
  const probe = (url: string) => ['probe', url, '--streams', '1', '--bytes', '1']
  const serve = (url: string) => ['serve', __dirname, '--listen', url]
  const get = (url: string) => ['get', url, '-o', tmpdir()]
  const files = (url: string) => ['get', url, '/a', '-o', tmpdir()]
  const streams = [echo, probe, serve, files]

  it.each([
    ['nonsense', 'expected a URL like spdy+tcp://', [...streams, get]],
    ['http://127.0.0.1:1', 'expected protocol+tcp:', [echo, probe, files]],
    ['gopher+tcp://127.0.0.1:1', 'expected a protocol among', streams],
    ['gopher+tcp://127.0.0.1:1', 'expected a URL like https://', [get]],
    ['spdy+pigeon://127.0.0.1:1', 'expected protocol+tcp:', streams],
    ['spdy+pigeon://127.0.0.1:1', 'expected a URL like https://', [get]],
    ['spdy+tcp://127.0.0.1', 'expected spdy+tcp://host:port', streams],
  ])('%s', async (url, wanted, commands) => {
    for (const command of commands) {
      const run = new Run(...command(url))
      expect(await run.code).toBe(2)
      expect(run.notes.join('\n')).toContain(wanted)
    }
  })
})

describe('plexus charts', () => {
  it('draws every chart that runs', async () => {
    const run = new Run('charts')
    expect(await run.code).toBe(0)
    const text = run.lines.join('\n')
    for (const name of Object.keys({ ...machines, ...httpMachines }))
      expect(text).toContain(`## ${name}\n\n\`\`\`mermaid\nstateDiagram-v2`)
  })

  it('--json says of each its name, its drawing and its definition, a line each', async () => {
    const run = new Run('charts', '--json')
    expect(await run.code).toBe(0)
    expect(run.json.map(({ name }) => name)).toEqual(Object.keys({ ...machines, ...httpMachines }))
    for (const { name, mermaid, definition } of run.json) {
      expect(mermaid).toMatch(/^stateDiagram-v2\n/)
      expect(definition).toMatchObject({ id: name })
    }
  })
})

test('--version says which one it is', async () => {
  const lines: string[] = []
  const io = { out: (line: string) => void lines.push(line) } as Io
  expect(await main(['node', 'plexus', '--version'], io, '1.2.3')).toBe(0)
  expect(lines).toEqual(['1.2.3'])
})

describe('help', () => {
  it.each([[['--help']], [['serve', '--help']], [['proxy', '--help']], [['help', 'get']]])(
    '%j goes to stdout and ends with 0',
    async (args) => {
      const run = new Run(...args)
      expect(await run.code).toBe(0)
      expect(run.lines.join('\n')).toContain('Usage: plexus')
    },
  )
})
