export { BlockMemo } from './block-memo.js'
export { HpackDecoder, type HpackVerdict } from './decoder.js'
export { HpackEncoder } from './encoder.js'
