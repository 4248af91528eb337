import { answer } from './questions.js'
import { startTarget } from './target.js'

export type TargetQuestion =
  | { readonly what: 'port' }
  /** Live bytes after a sweep, buffers included. */
  | { readonly what: 'heap' }
  | { readonly what: 'judge'; readonly port: number; readonly isOver: boolean }

const target = await startTarget()

answer(async (question: TargetQuestion) => {
  switch (question.what) {
    case 'port':
      return target.port
    case 'heap':
      return heap()
    case 'judge':
      return target.judge(question.port, question.isOver)
  }
})

async function heap(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc!()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
