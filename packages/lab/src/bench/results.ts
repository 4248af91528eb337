import type { Figures } from './workload.js'

/** All rounds of all contenders, by workload. A measurement that failed says why in place of its figures. */
export class Results {
  readonly #rounds = new Map<string, (Figures | string)[]>()

  add(workload: string, contender: string, outcome: Figures | string): void {
    const key = `${workload} ${contender}`
    const rounds = this.#rounds.get(key)
    if (rounds) rounds.push(outcome)
    else this.#rounds.set(key, [outcome])
  }

  /** One figure in every round; undefined where the round failed. */
  rounds(workload: string, contender: string, figure: string): (number | undefined)[] {
    const outcomes = this.#rounds.get(`${workload} ${contender}`) ?? []
    return outcomes.map((outcome) => (typeof outcome === 'string' ? undefined : outcome[figure]))
  }

  /** The median over the rounds that went well; undefined if none did. */
  median(workload: string, contender: string, figure: string): number | undefined {
    return median(this.rounds(workload, contender, figure).filter((value) => value !== undefined))
  }

  /** One contender's figure by another's: the median of the rounds' ratios, since each round compares like with like. */
  ratio(workload: string, contender: string, other: string, figure: string): number | undefined {
    const theirs = this.rounds(workload, other, figure)
    const ratios = this.rounds(workload, contender, figure).flatMap((ours, round) => {
      const their = theirs[round]
      return ours === undefined || their === undefined ? [] : [ours / their]
    })
    return median(ratios)
  }

  /** Why rounds failed, each reason once. */
  failures(workload: string, contender: string): string[] {
    const outcomes = this.#rounds.get(`${workload} ${contender}`) ?? []
    return [...new Set(outcomes.filter((outcome) => typeof outcome === 'string'))]
  }

  has(workload: string, contender: string): boolean {
    return this.#rounds.has(`${workload} ${contender}`)
  }
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2
}
