import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { formatTreePath, parseTreePath, queryOf } from './tree-path.js'

describe('a path of a request', () => {
  it.each([
    ['/', []],
    ['/a', ['a']],
    ['/a/b.txt', ['a', 'b.txt']],
    ['/a//b/', ['a', 'b']],
    ['/a%20b/%3F', ['a b', '?']],
    ['/%C3%A9', ['é']],
    ['/a?tree', ['a']],
    ['/a?b/../c', ['a']],
    ['/...', ['...']],
    ['//etc/passwd', ['etc', 'passwd']],
    ['/%252e%252e', ['%2e%2e']],
    ['/__proto__', ['__proto__']],
  ])('%s names %j', (text, segments) => {
    expect(parseTreePath(text)).toEqual(segments)
  })

  it.each([
    '',
    'a',
    '*',
    'http://host/a',
    '..',
    '/..',
    '/../a',
    '/a/../b',
    '/a/..',
    '/.',
    '/a/./b',
    '/%2e%2e/a',
    '/%2E%2e/a',
    '/.%2e/a',
    '/a%2Fb',
    '/..%2f..%2fetc/passwd',
    '/a%00',
    '/%00/a',
    '/a\0b',
    '/a\\b',
    '/..%5c..%5cetc',
    '/%',
    '/%zz',
    '/%e0%80%af',
    '/%c0%ae%c0%ae/a',
  ])('%j is refused', (text) => {
    expect(parseTreePath(text)).toBeUndefined()
  })

  it('comes back as the segments it was made of', () => {
    const name = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => text.isWellFormed() && text !== '.' && text !== '..' && !/[/\\\0]/.test(text))
    fc.assert(
      fc.property(fc.array(name), (path) => {
        expect(parseTreePath(formatTreePath(path))).toEqual(path)
      }),
    )
  })

  it('keeps its query apart', () => {
    expect(queryOf('/a/b?tree')).toBe('tree')
    expect(queryOf('/a/b')).toBe('')
    expect(queryOf('/a?b?c')).toBe('b?c')
  })
})
