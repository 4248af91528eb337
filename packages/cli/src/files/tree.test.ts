import { truncate } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { TempDir } from '../test-support/temp-dir.test.kit.js'
import { MAX_OPEN_FILES, Tree } from './tree.js'

let dir: TempDir
let tree: Tree

beforeEach(async () => {
  dir = await TempDir.make({ small: 'small', big: 'x'.repeat(100_000) })
  tree = await Tree.at(dir.path)
})

afterEach(() => dir[Symbol.asyncDispose]())

/** What it settled with within a few turns of the disk; `undefined` if it still waits. */
async function soon<T>(wait: Promise<T>): Promise<T | undefined> {
  return Promise.race([wait, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50))])
}

describe('files that are open', () => {
  it('are bounded: one more waits until one is closed', async () => {
    const open = await Promise.all(Array.from({ length: MAX_OPEN_FILES }, () => tree.open(['big'])))
    const oneMore = tree.open(['small'])
    expect(await soon(oneMore)).toBeUndefined()
    await open[0]!.close()
    expect((await oneMore)!.size).toBe(5)
    await Promise.all([...open.map((file) => file!.close()), oneMore.then((file) => file!.close())])
  })

  it('give their place back with the last byte, whatever becomes of it then', async () => {
    for (let i = 0; i < 2 * MAX_OPEN_FILES; i++) {
      const file = await soon(tree.open(['small']))
      expect(Buffer.from((await file!.read())!).toString()).toBe('small')
    }
  })

  it('give their place back where there is no file', async () => {
    await dir.write('sub/file', '')
    for (let i = 0; i < 2 * MAX_OPEN_FILES; i++) expect(await tree.open(['sub'])).toBeUndefined()
    const file = await soon(tree.open(['small']))
    expect(file!.size).toBe(5)
    await file!.close()
  })

  it('say so when they have become shorter, and stop where they ended when they have grown', async () => {
    await using shrunk = (await tree.open(['big']))!
    await truncate(dir.at('big'), 10)
    expect(await shrunk.read()).toHaveLength(10)
    await expect(shrunk.read()).rejects.toThrow('expected 100000 bytes, the file ends at 10')
    const grown = (await tree.open(['small']))!
    await dir.write('small', 'small no more')
    expect(await grown.read()).toHaveLength(5)
    expect(await grown.read()).toBeUndefined()
  })
})
