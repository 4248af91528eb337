// A small peer on npm spdy-transport that speaks the echo contract: it serves it, or probes somebody who does.
//
//   node main.mjs serve --listen 127.0.0.1:0 --version 3.1
//   node main.mjs probe --connect 127.0.0.1:9000 --streams 20 --bytes 20000 --concurrency 5 --skip push

import { parseArgs } from 'node:util'
import { probe } from './probe.mjs'
import { serve } from './serve.mjs'

const string = (value) => ({ type: 'string', default: value })

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    listen: string('127.0.0.1:0'),
    connect: string(''),
    version: string('3.1'),
    streams: string('20'),
    bytes: string('20000'),
    concurrency: string('5'),
    skip: string(''),
    timeout: string('60'),
  },
})
const version = Number(values.version)

if (positionals[0] === 'serve') {
  await serve(address(values.listen), version)
} else if (positionals[0] === 'probe') {
  const report = await probe({
    ...address(values.connect),
    version,
    streams: Number(values.streams),
    bytes: Number(values.bytes),
    concurrency: Number(values.concurrency),
    skip: values.skip.split(','),
    timeoutMs: Number(values.timeout) * 1000,
  })
  console.log(JSON.stringify(report))
  process.exit(report.ok ? 0 : 1)
} else {
  console.error('usage: main.mjs serve|probe [flags]')
  process.exit(2)
}

function address(text) {
  const [host, port] = text.split(':')
  return { host, port: Number(port) }
}
