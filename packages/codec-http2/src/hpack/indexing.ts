/** What a literal does to the tables on its way (RFC 7541 §6.2). */
export type Indexing = 'insert' | 'pass' | 'never'

/** Fields that prove who one is: no table may hold them, or who can make us send what he likes could guess them (§7.1). */
const SECRETS: readonly string[] = ['authorization', 'proxy-authorization', 'set-cookie']

/** A cookie is a secret too; a longer one is beyond guessing, and is sent again and again (§7.1.3). */
const SHORT_COOKIE = 20

/**
 * Names whose values mostly come once, or for a second: such a field enters the table when it comes a second time, so
 * that the others are not driven out of it.
 */
const VOLATILE: ReadonlySet<string> = new Set([
  ':path',
  'age',
  'content-length',
  'content-range',
  'date',
  'etag',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'range',
  'referer',
  'retry-after',
  'traceparent',
  'x-request-id',
])

/** Which fields go into the table of an encoder. */
export class IndexingPolicy {
  readonly #secrets: ReadonlySet<string>

  /** @param secrets names, in lower case, whose values are secrets, beside those that always are */
  constructor(secrets: readonly string[] = []) {
    this.#secrets = new Set([...SECRETS, ...secrets])
  }

  /**
   * @param size what the field counts in the table, bytes
   * @param capacity most bytes in the table
   * @param isRepeated the same field stood in the same place of the block before
   */
  judge(name: string, value: string, size: number, capacity: number, isRepeated: boolean): Indexing {
    if (this.#secrets.has(name) || (name === 'cookie' && value.length < SHORT_COOKIE)) return 'never'
    // One field that drives out most others is not worth it.
    if (size > (capacity >>> 2) * 3) return 'pass'
    return isRepeated || !VOLATILE.has(name) ? 'insert' : 'pass'
  }
}
