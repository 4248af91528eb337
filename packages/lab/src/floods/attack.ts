/** What an attack is, and what the catalogue says of it. */
export interface Attack {
  /** Begins with its row of the security catalogue. */
  readonly name: string
  /** Said at once, in place of the greeting. */
  readonly begin?: Uint8Array
  /** Said over and over: the frames of round `i`. */
  readonly round?: (i: number) => Uint8Array
  /** Default 1000. */
  readonly rounds?: number
  /** Rounds to a write; behind each the server has a turn. Default 8. */
  readonly batch?: number
  /** Each round waits until the server has said something to the one before. */
  readonly waits?: boolean
  /** Whether the attacker reads what it is told, or only when it has said everything. Default true. */
  readonly reads?: boolean | 'late'
  /** Whether the attacker acknowledges settings. Default true. */
  readonly acks?: boolean
  readonly bound: Bound
}

export interface Bound {
  /** Whether the session ends, or the attack comes to nothing. */
  readonly ends: 'session' | 'never'
  /** Of the error that ended the session, and of the GOAWAY where the attacker reads it. */
  readonly code?: string
  /** The name of the bucket that is empty: one of these. */
  readonly buckets?: readonly string[]
  /** Each stream that is reset is so with this code. */
  readonly resets?: string
  /** Frames that the server takes at most until then, beside {@link FRAMES_PER_SECOND}. Default: any number. */
  readonly frames?: number
  /** What the session may hold on to when all is swept, MiB. Default 1. */
  readonly heapMiB?: number
}

/** Buckets refill meanwhile: the fastest with 33 tokens a second, and there are attacks of two frames a token (L04). */
export const FRAMES_PER_SECOND = 66

/** Handlers of one session that may be at work at once (L01). */
export const MOST_HANDLERS = 100

/** The same attacks; throws where two have one name, or a name begins with no row: the tests are listed by it. */
export function claims(attacks: readonly Attack[]): readonly Attack[] {
  const names = attacks.map(({ name }) => name)
  const odd = names.find((name, i) => !/^H\d\d /.test(name) || names.indexOf(name) !== i)
  if (odd !== undefined) throw new Error(`expected names that begin with a row, each once, got '${odd}'`)
  return attacks
}
