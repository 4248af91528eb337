import { execFileSync } from 'node:child_process'

/** A program that is on this machine, or why it is not. */
export type ProgramVerdict =
  | { readonly path: string; readonly missing?: undefined }
  | { readonly path?: undefined; readonly missing: string }

/** Runs `command` once, and says whether that went well; Debian keeps servers in places that are on no user's PATH. */
export function programAvailable(command: string, args: readonly string[]): ProgramVerdict {
  for (const path of [command, `/usr/sbin/${command}`]) {
    try {
      execFileSync(path, args, { stdio: 'ignore' })
      return { path }
    } catch {
      // The next place.
    }
  }
  return { missing: `${command} ${args.join(' ')} does not run here` }
}

/** A Python with h2: the system's first, for that is where Debian's python3-h2 is. */
export function pythonWithH2(): ProgramVerdict {
  for (const path of ['/usr/bin/python3', 'python3']) {
    if (programAvailable(path, ['-c', 'import h2']).path !== undefined) return { path }
  }
  return { missing: 'no Python with h2' }
}
