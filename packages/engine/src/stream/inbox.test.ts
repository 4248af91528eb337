import { describe, expect, test } from '@jest/globals'
import type { Bytes } from '@plexus/contract'
import { bytesOf } from '@plexus/testkit'
import fc from 'fast-check'
import { Inbox, type InboxGate } from './inbox.js'

const openInbox = () => Object.assign(new Inbox(), { gate: 'open' as InboxGate })
const textOf = (bytes: Bytes | undefined) => bytes && Buffer.from(bytes).toString('latin1')

/** Reads until there is nothing more. */
function readAll(inbox: Inbox): string {
  let text = ''
  for (let chunk = inbox.shift(); chunk !== undefined; chunk = inbox.shift()) text += textOf(chunk)
  return text
}

describe('DM-6 recvData is a flag', () => {
  test('a hundred pieces cost a waiting reader one wake, and not one byte is lost', () => {
    const inbox = openInbox()
    inbox.hasReader = true
    const verdicts = Array.from({ length: 100 }, (_, index) => inbox.take(bytesOf(`${index},`)))
    expect(verdicts).toEqual(['wake', ...Array(99).fill('quiet')])
    expect(readAll(inbox)).toBe(Array.from({ length: 100 }, (_, index) => `${index},`).join(''))
  })

  test('without a reader nobody is woken', () => {
    const inbox = openInbox()
    expect([inbox.take(bytesOf('a')), inbox.take(bytesOf('b'))]).toEqual(['quiet', 'quiet'])
  })

  test('no bytes wake nobody: an empty piece is not held', () => {
    const inbox = openInbox()
    inbox.hasReader = true
    expect(inbox.take(new Uint8Array(0))).toBe('quiet')
    expect(inbox.isEmpty).toBe(true)
  })

  test('each wait is worth one wake', () => {
    const inbox = openInbox()
    inbox.hasReader = true
    const verdicts: string[] = []
    for (let wait = 0; wait < 3; wait += 1) {
      verdicts.push(inbox.take(bytesOf('a')), inbox.take(bytesOf('b')))
      readAll(inbox)
    }
    expect(verdicts).toEqual(['wake', 'quiet', 'wake', 'quiet', 'wake', 'quiet'])
  })
})

describe('an inbox', () => {
  test.each([
    ['awaitingReply', 'dataBeforeReply'],
    ['ended', 'dataAfterEnd'],
    ['shut', 'dataAfterEnd'],
  ] as const)('whose gate says %s judges data as %s and keeps none of it', (gate, verdict) => {
    const inbox = Object.assign(new Inbox(), { gate })
    expect(inbox.take(bytesOf('late'))).toBe(verdict)
    expect(inbox.take(new Uint8Array(0))).toBe(verdict)
    expect([inbox.size, inbox.isEmpty]).toEqual([0, true])
  })

  test('is finished when the end came and everything is read, not before', () => {
    const inbox = openInbox()
    inbox.take(bytesOf('last'))
    inbox.gate = 'ended'
    expect(inbox.isFinished).toBe(false)
    inbox.shift()
    expect(inbox.isFinished).toBe(true)
  })

  test('that was dropped holds nothing, says how much it held, and takes again', () => {
    const inbox = openInbox()
    inbox.take(bytesOf('abc'))
    inbox.take(bytesOf('de'))
    expect(inbox.drop()).toBe(5)
    expect([inbox.drop(), inbox.size, inbox.shift()]).toEqual([0, 0, undefined])
    inbox.take(bytesOf('f'))
    expect(readAll(inbox)).toBe('f')
  })
})

describe('a piece that waits', () => {
  const chunk = new Uint8Array(64 * 1024)

  test.each([8 * 1024, 16 * 1024])('is the view it came in, at %d bytes of a chunk of 64 KiB', (length) => {
    const inbox = openInbox()
    const view = chunk.subarray(10, 10 + length)
    inbox.take(view)
    expect(inbox.shift()).toBe(view)
  })

  test.each([1, 8 * 1024 - 1])(
    'is a copy at %d bytes of a large chunk, which it would keep alive',
    (length) => {
      const inbox = openInbox()
      inbox.take(chunk.subarray(10, 10 + length))
      expect(inbox.shift()!.buffer.byteLength).toBe(length)
    },
  )

  test('is no copy when its chunk is small too', () => {
    const inbox = openInbox()
    const view = new Uint8Array(8).subarray(0, 1)
    inbox.take(view)
    expect(inbox.shift()).toBe(view)
  })

  test('is no copy when its reader takes it at once', () => {
    const inbox = openInbox()
    inbox.hasReader = true
    const view = chunk.subarray(0, 1)
    inbox.take(view)
    expect(inbox.shift()).toBe(view)
  })
})

test('SS-1 the bytes that come out are the bytes that went in, however they are cut and read', () => {
  const deed = fc.oneof(
    fc.record({ piece: fc.uint8Array({ maxLength: 700 }) }),
    fc.record({ reads: fc.nat({ max: 4 }) }),
  )
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 300 }), (deeds) => {
      const inbox = openInbox()
      const wrote: Bytes[] = []
      const read: Bytes[] = []
      for (const deed of deeds) {
        if ('piece' in deed) {
          inbox.take(deed.piece)
          wrote.push(deed.piece)
        } else for (let reads = 0; reads < deed.reads && !inbox.isEmpty; reads += 1) read.push(inbox.shift()!)
        const unread = Buffer.concat(wrote).length - Buffer.concat(read).length
        if (inbox.size !== unread) throw new Error(`${inbox.size} of ${unread} unread bytes in the books`)
        if (inbox.isEmpty !== (unread === 0)) throw new Error(`${unread} unread, isEmpty is ${inbox.isEmpty}`)
      }
      while (!inbox.isEmpty) read.push(inbox.shift()!)
      expect(Buffer.concat(read)).toEqual(Buffer.concat(wrote))
    }),
  )
})
