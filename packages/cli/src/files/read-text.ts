import { readFile } from 'node:fs/promises'

/** A file's text. @throws the system's error, which names the file */
export const readText = (name: string): Promise<string> => readFile(name, 'utf8')
