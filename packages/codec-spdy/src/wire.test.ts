import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { CONTROL, u24, u31, u32 } from './wire.js'

test('numbers are read as they stand in network byte order', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 20 }), fc.nat(), (bytes, seed) => {
      const at = seed % (bytes.length - 3)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      expect(u32(bytes, at)).toBe(view.getUint32(at))
      expect(u31(bytes, at)).toBe(view.getUint32(at) & 0x7fff_ffff)
      expect(u24(bytes, at)).toBe(view.getUint32(at) >>> 8)
    }),
  )
})

test('a control frame begins with 80 03', () => {
  expect(CONTROL.toString(16)).toBe('80030000')
})
