import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from '@jest/globals'
import { type Bytes, type ErrorCode, type MuxStream, PlexusError } from '@plexus/contract'
import { toDuplex } from './index.js'

type Settled<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void }

function settled<T>(): Settled<T> {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** A stream that a test moves by hand: what comes, when a write may go on, how it ends. */
class HandStream {
  state = 'open'
  readonly written: string[] = []
  readonly calls: string[] = []
  readonly #over = settled<PlexusError | undefined>()
  #inbox: Bytes[] = []
  #hasEnd = false
  #reader: Settled<Bytes | undefined> | undefined
  #writers: Settled<void>[] | undefined
  readonly closed = this.#over.promise

  // --- the stream, as a Duplex sees it

  poll(): Bytes | undefined {
    return this.#inbox.shift()
  }

  read(): Promise<Bytes | undefined> {
    const bytes = this.poll()
    this.calls.push('read')
    if (bytes !== undefined || this.#hasEnd) return Promise.resolve(bytes)
    this.#reader = settled()
    return this.#reader.promise
  }

  write(bytes: Bytes): Promise<void> {
    this.written.push(String(bytes))
    if (this.#writers === undefined) return Promise.resolve()
    const writer = settled<void>()
    this.#writers.push(writer)
    return writer.promise
  }

  close(): Promise<void> {
    this.calls.push('close')
    return Promise.resolve()
  }

  reset(code: ErrorCode = 'CANCEL'): void {
    this.calls.push(`reset ${code}`)
    this.state = 'closed'
    const error = new PlexusError(`reset with ${code}`, { scope: 'stream', code, blame: 'application' })
    this.#reader?.reject(error)
    this.#over.resolve(error)
  }

  // --- the hand

  comes(...texts: string[]): void {
    this.#inbox.push(...texts.map((text) => Buffer.from(text)))
    this.#wake()
  }

  ends(): void {
    this.#hasEnd = true
    this.#wake()
  }

  isFull(): void {
    this.#writers = []
  }

  hasRoom(): void {
    for (const writer of this.#writers ?? []) writer.resolve()
    this.#writers = undefined
  }

  fails(error: PlexusError): void {
    this.state = 'closed'
    this.#reader?.reject(error)
    for (const writer of this.#writers ?? []) writer.reject(error)
    this.#over.resolve(error)
  }

  #wake(): void {
    const reader = this.#reader
    if (reader === undefined || (this.#inbox.length === 0 && !this.#hasEnd)) return
    this.#reader = undefined
    reader.resolve(this.poll())
  }
}

function stage() {
  const stream = new HandStream()
  const duplex = toDuplex(stream as unknown as MuxStream)
  const log: string[] = []
  for (const event of ['end', 'finish', 'close']) duplex.on(event, () => log.push(event))
  duplex.on('error', (error: Error) => log.push(`error ${error.message}`))
  return { stream, duplex, log }
}

const rest = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate)
}

const lost = new PlexusError('the carrier broke', {
  scope: 'session',
  code: 'CONNECTION_LOST',
  blame: 'carrier',
})

describe('reading', () => {
  test('gives all bytes in order, and then the end', async () => {
    const { stream, duplex } = stage()
    stream.comes('a', 'b')
    const all = (async () => {
      let text = ''
      for await (const chunk of duplex) text += chunk
      return text
    })()
    await rest()
    stream.comes('c')
    stream.comes('d', 'e')
    await rest()
    stream.comes('f')
    stream.ends()
    expect(await all).toBe('abcdef')
  })

  test('waits once for what is there already, not once for each piece', async () => {
    const { stream, duplex } = stage()
    const texts = Array.from({ length: 100 }, (_, i) => String(i))
    stream.comes(...texts)
    let text = ''
    duplex.on('data', (chunk) => (text += chunk))
    await rest()
    expect(text).toBe(texts.join(''))
    expect(stream.calls).toEqual(['read'])
  })

  test('takes nothing from the stream while its own buffer is full', async () => {
    const { stream, duplex } = stage()
    duplex.once('readable', () => undefined)
    const piece = 'x'.repeat(10_000)
    stream.comes(...Array.from({ length: 50 }, () => piece))
    await rest()
    expect(duplex.readableLength).toBeLessThan(100_000)
    const left = duplex.readableLength / piece.length
    let pieces = 0
    while (stream.poll() !== undefined) pieces++
    expect(left + pieces).toBe(50)
  })
})

describe('writing', () => {
  test('waits while the stream has no room', async () => {
    const { stream, duplex, log } = stage()
    stream.isFull()
    duplex.write('a', () => log.push('a is written'))
    duplex.write('b')
    duplex.write('c', () => log.push('c is written'))
    await rest()
    expect([stream.written, log]).toEqual([['a'], []])
    stream.hasRoom()
    await rest()
    expect([stream.written, log]).toEqual([
      ['a', 'b', 'c'],
      ['a is written', 'c is written'],
    ])
  })

  test('ends our half after all that was written, and reading goes on', async () => {
    const { stream, duplex, log } = stage()
    duplex.end('last words')
    await rest()
    expect([stream.written, stream.calls, log]).toEqual([['last words'], ['close'], ['finish']])
    let text = ''
    duplex.on('data', (chunk) => (text += chunk))
    stream.comes('and yours')
    stream.ends()
    await rest()
    expect([text, log]).toEqual(['and yours', ['finish', 'end', 'close']])
    expect(stream.calls.filter((call) => call.startsWith('reset'))).toEqual([])
  })

  test('goes on after the end of the peer', async () => {
    const { stream, duplex, log } = stage()
    duplex.resume()
    stream.ends()
    await rest()
    duplex.write('still here')
    await rest()
    expect([stream.written, log]).toEqual([['still here'], ['end']])
  })
})

describe('an end before its time', () => {
  test.each<[string, Error | undefined, ErrorCode]>([
    ['nothing', undefined, 'CANCEL'],
    ['an error of its user', new Error('mine'), 'INTERNAL_ERROR'],
    ['an abort', Object.assign(new Error('aborted'), { name: 'AbortError' }), 'CANCEL'],
    [
      'an error of ours',
      new PlexusError('full', { scope: 'stream', code: 'REFUSED_STREAM', blame: 'us' }),
      'REFUSED_STREAM',
    ],
  ])('by destroying it with %s resets the stream', async (_name, error, code) => {
    const { stream, duplex, log } = stage()
    duplex.resume()
    duplex.destroy(error)
    await rest()
    expect(stream.calls.filter((call) => call.startsWith('reset'))).toEqual([`reset ${code}`])
    expect(log).toEqual(error === undefined ? ['close'] : [`error ${error.message}`, 'close'])
  })

  test.each(['reading', 'writing', 'idle'])(
    'of the stream destroys it with the same error while %s',
    async (what) => {
      const { stream, duplex } = stage()
      const seen: unknown[] = []
      duplex.on('error', (error) => seen.push(error))
      if (what === 'reading') duplex.resume()
      stream.isFull()
      if (what === 'writing') duplex.write('x')
      await rest()
      stream.fails(lost)
      await rest()
      expect(seen).toEqual([lost])
      expect([duplex.destroyed, stream.calls.includes('reset CANCEL')]).toEqual([true, false])
    },
  )

  test('fails the pipeline it stands in', async () => {
    const { stream, duplex } = stage()
    const piped = pipeline(duplex, async (source) => {
      for await (const _ of source);
    })
    await rest()
    stream.fails(lost)
    await expect(piped).rejects.toBe(lost)
  })
})
