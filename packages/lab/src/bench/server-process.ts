// node server-process.js CONTENDER: serves every workload; says where as one line of JSON.
import { contenderNamed } from './contenders/index.js'
import { serveControl } from './control.js'
import { makeService, type Tally } from './service.js'

// Started by a process in the middle, it ends with that one.
process.on('disconnect', () => process.exit())

const tally: Tally = { received: 0 }
const listening = await contenderNamed(process.argv[2]!).serve(makeService(tally))
const control = await serveControl(tally)
console.log(JSON.stringify({ listening, control }))
