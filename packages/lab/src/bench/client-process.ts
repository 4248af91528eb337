// node client-process.js CONTENDER WORKLOAD PORT CONTROL-PORT SIZE: runs one workload; prints its figures as one line of JSON.
import { contenderNamed } from './contenders/index.js'
import { connectControl } from './control.js'
import { FULL, QUICK } from './workload.js'
import { workloadNamed } from './workloads/index.js'

const [contender, workload, port, controlPort, size] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const figures = await workloadNamed(workload).run({
  client: await contenderNamed(contender).connect(Number(port)),
  port: Number(port),
  control: await connectControl(Number(controlPort)),
  tally: { received: 0 },
  size: size === 'quick' ? QUICK : FULL,
})
for (const [name, value] of Object.entries(figures)) {
  if (!Number.isFinite(value)) throw new Error(`nothing moved: ${name} is ${value}`)
}
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
