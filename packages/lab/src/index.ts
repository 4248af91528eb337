export { bench } from './bench/main.js'
export { floods } from './floods/main.js'
