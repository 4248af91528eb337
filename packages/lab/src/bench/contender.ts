/**
 * What is measured, behind so few verbs that every workload is written once and costs every contender the same. Data and
 * room are announced by calls, not promises: that is the native way of Node streams, and the cheapest for the others.
 */
export interface Contender {
  readonly name: string
  /** How it is set up, for the reader of the table. */
  readonly setup: string
  /** The workloads that make sense for it. */
  readonly runs: readonly WorkloadKind[]
  /** Of interest beside another one only: a quick run leaves it out. */
  readonly aside?: true
  /** Listens on a free port of 127.0.0.1 and hands on each stream with the task it was opened for. */
  serve(accept: (task: string, stream: BenchStream) => void): Promise<number>
  /** One connection with no limit on streams that a workload would meet. */
  connect(port: number): Promise<BenchClient>
}

export type WorkloadKind =
  | 'bulk'
  | 'manyStreams'
  | 'openClose'
  | 'request'
  | 'pingPong'
  | 'idle'
  | 'hop'
  | 'h2load'

export const ALL_KINDS: readonly WorkloadKind[] = [
  'bulk',
  'manyStreams',
  'openClose',
  'request',
  'pingPong',
  'idle',
]

export interface BenchClient {
  /** Opens a stream; the task tells the server what to do with it. */
  open(task: string): BenchStream | Promise<BenchStream>
  /** GETs {@link PAGE_PATH} by the contender's own HTTP; settles with the bytes of the body. */
  get(): Promise<number>
}

export const PAGE_PATH = '/page'
/** What is found there, whoever serves it. */
export const PAGE = Buffer.alloc(256, 'plexus')

/** An error on a stream is not reported: it is thrown, and ends the process and with it the measurement. */
export interface BenchStream {
  /** To be called once, in the turn in which the stream was got. */
  on(events: StreamEvents): void
  /** False: no more before `drain`. */
  write(bytes: Uint8Array): boolean
  /** Ends our half, with last bytes or without. */
  end(bytes?: Uint8Array): void
}

export interface StreamEvents {
  data?(bytes: Uint8Array): void
  end?(): void
  drain?(): void
}
