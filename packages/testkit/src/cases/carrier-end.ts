import type { Bytes, Carrier, CarrierSink } from '@plexus/contract'
import type { Patience } from '../peer/patience.js'
import { claim } from './case.js'

const WITHIN_MS = 10_000

/** One end of a carrier under test: passes calls on, and watches that the order of `carrier.ts` is kept. */
export class CarrierEnd implements CarrierSink {
  readonly carrier: Carrier
  readonly name: string
  /** What came: `end`, `closed` or `drain`, in order; deliveries are counted in `chunks`. */
  readonly calls: string[] = []
  /** As they were handed over, to see that nobody writes into them later. */
  readonly chunks: Bytes[] = []
  received = 0
  error: Error | undefined

  readonly #patience: Patience
  readonly #faults: string[] = []
  #inside: string | undefined

  constructor(name: string, carrier: Carrier, patience: Patience) {
    this.name = name
    this.carrier = carrier
    this.#patience = patience
  }

  // --- calls to the carrier

  start(): void {
    this.#call('start', () => this.carrier.start(this))
  }

  write(...chunks: readonly Bytes[]): void {
    this.#call('write', () => this.carrier.write(chunks))
  }

  pause(): void {
    this.#call('pause', () => this.carrier.pause())
  }

  resume(): void {
    this.#call('resume', () => this.carrier.resume())
  }

  /** Ends our direction; `end` is the sink's. */
  finish(): void {
    this.#call('end', () => this.carrier.end())
  }

  destroy(): void {
    this.#call('destroy', () => this.carrier.destroy())
  }

  // --- calls of the carrier

  receive(chunk: Bytes): void {
    this.chunks.push(chunk)
    this.received += chunk.length
    if (this.hasEnd) this.#faults.push('bytes after the end')
    this.#heard('receive')
  }

  drain(): void {
    this.#note('drain')
  }

  end(): void {
    this.#note('end')
  }

  closed(error?: Error): void {
    this.error = error
    this.#note('closed')
  }

  // --- what can be asked

  get hasEnd(): boolean {
    return this.calls.includes('end')
  }

  get isClosed(): boolean {
    return this.calls.includes('closed')
  }

  get drains(): number {
    return this.calls.filter((call) => call === 'drain').length
  }

  /** Waits for something to come true. */
  async sees(what: string, isTrue: () => boolean): Promise<void> {
    const came = await this.#patience.until(isTrue, WITHIN_MS)
    claim(came, () => `${this.name} waited for ${what}, and it did not come; ${this.account}`)
  }

  /** Waits a moment; answers whether it came true. */
  soon(isTrue: () => boolean, withinMs: number): Promise<boolean> {
    return this.#patience.until(isTrue, withinMs)
  }

  /** Lets what is under way come to rest. */
  rest(): Promise<void> {
    return this.#patience.rest()
  }

  /** What came is `wanted`, to the byte. */
  claimBytes(wanted: Bytes): void {
    let at = 0
    for (const chunk of this.chunks) {
      const same = sameLength(chunk, wanted.subarray(at))
      claim(same === chunk.length, () => `${this.name}: byte ${at + same} is not what was sent`)
      at += chunk.length
    }
    claim(at === wanted.length, () => `${this.name}: wanted ${wanted.length} bytes, got ${at}`)
  }

  /** Nothing came that the order of calls forbids. */
  claimOrder(): void {
    claim(this.#faults.length === 0, () => `${this.name}: ${this.#faults.join('; ')}; ${this.account}`)
  }

  get account(): string {
    return `${this.name} got ${this.received} bytes, ${this.calls.join(', ') || 'no other call'}`
  }

  #note(call: 'drain' | 'end' | 'closed'): void {
    if (call === 'end' && this.hasEnd) this.#faults.push('a second end')
    if (call === 'closed' && this.isClosed) this.#faults.push('a second closed')
    this.#heard(call)
    this.calls.push(call)
  }

  #heard(call: string): void {
    if (this.isClosed && call !== 'closed') this.#faults.push(`${call} after closed`)
    if (this.#inside !== undefined) this.#faults.push(`${call} from inside ${this.#inside}`)
    this.#patience.news()
  }

  #call(name: string, run: () => void): void {
    this.#inside = name
    run()
    this.#inside = undefined
  }
}

/** How many bytes at the start are the same. */
function sameLength(one: Bytes, other: Bytes): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}
