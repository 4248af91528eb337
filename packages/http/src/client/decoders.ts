/** Content codings by node:zlib: those of the platform's `DecompressionStream`, and br. */
import { Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Decoders, DecodingPair } from './decode.js'

const pairOf = (make: () => Duplex) => (): DecodingPair => {
  const { readable, writable } = Duplex.toWeb(make())
  return { readable, writable } as unknown as DecodingPair
}

export const nodeDecoders: Decoders = new Map([
  ['gzip', pairOf(createGunzip)],
  ['deflate', pairOf(createInflate)],
  ['br', pairOf(createBrotliDecompress)],
])
