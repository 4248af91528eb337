export { type Http2Options, http2 } from './codec.js'
export { TRAITS } from './traits.js'
export { ERROR, FLAG, INITIAL_WINDOW, PREFACE, SETTING, TYPE } from './wire.js'
