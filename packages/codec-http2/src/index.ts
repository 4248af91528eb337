export { ERROR, FLAG, INITIAL_WINDOW, PREFACE, SETTING, TYPE } from './wire.js'
