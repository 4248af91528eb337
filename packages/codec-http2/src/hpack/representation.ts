// How a field, or a change of the table's size, begins: a pattern of bits, and below it the prefix of an integer (RFC 7541 §6).

/** §6.1: the integer is the index of the field. */
export const INDEXED = 0x80
export const INDEXED_MASK = 0x7f

/** §6.2.1: a literal that enters the table; the integer is the index of its name, 0 if the name follows. */
export const INDEXING = 0x40
export const INDEXING_MASK = 0x3f

/** §6.3: the integer is the new size of the table. */
export const SIZE_UPDATE = 0x20
export const SIZE_UPDATE_MASK = 0x1f

/** §6.2.3: a literal that no table may ever hold, here or at whoever it is passed on to. */
export const NEVER_INDEXED = 0x10
/** §6.2.2: a literal that does not enter the table. */
export const NOT_INDEXED = 0x00
export const NOT_INDEXED_MASK = 0x0f

/** §5.2: the string is Huffman coded; the integer is its length in octets. */
export const HUFFMAN = 0x80
export const STRING_MASK = 0x7f
