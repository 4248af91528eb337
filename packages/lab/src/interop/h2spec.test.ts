/* The public conformance suites of HTTP/2 find nothing to complain of, where they are installed. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { LAB } from '../paths.js'

const SCRIPT = join(LAB, '..', '..', 'scripts', 'h2spec.mjs')
/** h2specd waits in many of its cases. */
const TIMEOUT_MS = 300_000

describe('DG-30 HTTP/2 by the public suites', () => {
  suite('h2spec', 'server', [
    ['server, h2c', 146],
    ['server, h2c, strict', 147],
    ['server, TLS', 146],
    ['server, TLS, strict', 147],
  ])
  suite('h2specd', 'client', [['client, h2c', 57]])
})

function suite(program: string, side: string, wanted: readonly (readonly [string, number])[]): void {
  const isThere = (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)))
  const test = isThere ? it : it.skip
  const why = isThere ? '' : ` (skipped: ${program} is not on the PATH)`
  const claim = `our ${side} passes every case of ${program}${why}`
  test(
    claim,
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--only', side])
      const lines = stdout.trim().split('\n')
      expect(lines.map((line) => line.split(/ {2,}/))).toEqual(
        wanted.map(([name, cases]) => [name, `${cases} of ${cases}`]),
      )
    },
    TIMEOUT_MS,
  )
}
