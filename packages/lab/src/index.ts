export { bench } from './bench/main.js'
