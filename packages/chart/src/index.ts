export { type ChildOptions, createChild } from './child.js'
export { compile } from './compile.js'
export { UnsupportedChartError } from './errors.js'
