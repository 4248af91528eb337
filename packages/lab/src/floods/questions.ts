/** Questions from one process to another, answered one by one. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { before } from '../children.js'

/** A process of which questions can be asked. */
export interface Answerer<Question> {
  ask<Answer>(question: Question): Promise<Answer>
  stop(): Promise<void>
}

const MOST_MS = 20_000

/** Starts the module `name` of this folder as a process. */
export function startAnswerer<Question extends object>(
  name: string,
  execArgv: readonly string[] = [],
): Answerer<Question> {
  const child: ChildProcess = fork(new URL(`./${name}.js`, import.meta.url), { execArgv: [...execArgv] })
  const ended = once(child, 'exit')
  return {
    async ask<Answer>(question: Question): Promise<Answer> {
      const answer = once(child, 'message')
      const gone = ended.then(([code]) => {
        throw new Error(`expected an answer of ${name}, it ended with ${code}`)
      })
      child.send(question)
      const [{ value, error }] = await before(
        MOST_MS,
        Promise.race([answer, gone]),
        `${name}: no answer in ${MOST_MS} ms`,
      )
      if (error !== undefined) throw new Error(`${name}: ${error}`)
      return value as Answer
    },
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The other side: answers until its parent is gone. */
export function answer<Question>(reply: (question: Question) => unknown): void {
  process.on('disconnect', () => process.exit())
  process.on('message', async (question: Question) => {
    try {
      process.send!({ value: await reply(question) })
    } catch (error) {
      process.send!({ error: String(error) })
    }
  })
}
