export { BlockMemo } from './block-memo.js'
export { HpackDecoder, type HpackDecoderOptions, type HpackFault, type HpackVerdict } from './decoder.js'
export { HpackEncoder, type HpackEncoderOptions } from './encoder.js'
