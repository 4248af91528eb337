import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { systemCode } from './errors.js'

/**
 * Removes the file that a listener left behind when it died: a socket on which nobody answers. Anything else at `path`
 * stays: it belongs to somebody.
 *
 * @returns whether the path is free now.
 */
export async function freeStalePath(path: string): Promise<boolean> {
  const file = await lstat(path).catch(() => undefined)
  if (file === undefined) return true
  if (!file.isSocket() || !(await isDead(path))) return false
  await unlink(path).catch(() => undefined)
  return true
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('error', (error) => resolve(systemCode(error) === 'ECONNREFUSED'))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}
