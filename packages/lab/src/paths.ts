import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this package; the same from `src` and from `dist`. */
export const LAB = dirname(dirname(fileURLToPath(import.meta.url)))
