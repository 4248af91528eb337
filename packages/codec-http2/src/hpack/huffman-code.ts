/** The end of a string: never in one, but the padding begins like its code (RFC 7541 §5.2). */
export const EOS = 256

/** The longest code, bits. */
export const MAX_CODE_BITS = 30

/**
 * The code of RFC 7541 appendix B. It is canonical: among codes of a length they rise with the symbol, and each length
 * begins where the one before it ended. So the symbols of each length say it all.
 */
const SYMBOLS_BY_LENGTH: readonly (readonly [bits: number, symbols: string | readonly number[]])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '\0$@[]~'],
  [14, '^}'],
  [15, '<`{'],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
      196, 198, 228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175,
      180, 182, 183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [
      2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
      220, 249,
    ],
  ],
  [30, [10, 13, 22, EOS]],
]

/** By symbol: how many bits its code has. */
export const CODE_BITS = new Uint8Array(EOS + 1)
/** By symbol: its code, in the low bits. */
export const CODES = new Int32Array(EOS + 1)
/** By length: the first code of that many bits. */
export const FIRST_CODE = new Int32Array(MAX_CODE_BITS + 1)
/** By length: how many codes have that many bits. */
export const CODE_COUNT = new Int32Array(MAX_CODE_BITS + 1)
/** By length: where its symbols begin in {@link SYMBOLS}. */
export const FIRST_SYMBOL = new Int32Array(MAX_CODE_BITS + 1)
/** All symbols in the order of their codes. */
export const SYMBOLS = new Uint16Array(EOS + 1)

{
  let code = 0
  let before = 0
  let at = 0
  for (const [bits, text] of SYMBOLS_BY_LENGTH) {
    const symbols = typeof text === 'string' ? Array.from(text, (char) => char.charCodeAt(0)) : text
    code <<= bits - before
    before = bits
    FIRST_CODE[bits] = code
    CODE_COUNT[bits] = symbols.length
    FIRST_SYMBOL[bits] = at
    for (const symbol of symbols) {
      CODE_BITS[symbol] = bits
      CODES[symbol] = code++
      SYMBOLS[at++] = symbol
    }
  }
}
