import { once } from 'node:events'
import { connect } from 'node:net'
import transport from 'spdy-transport'
import { CHECKS } from './checks.mjs'

/** Runs every check on one session; the report says of each whether it passed, was skipped, or why it failed. */
export async function probe(options) {
  const started = performance.now()
  const report = { ok: true, streams: options.streams, bytes: options.bytes, ms: 0, checks: {} }
  const session = await dial(options)
  for (const [name, run] of Object.entries(CHECKS)) {
    report.checks[name] = options.skip.includes(name)
      ? { ok: true, skipped: true }
      : await outcome(run(session, options), options.timeoutMs - (performance.now() - started))
    report.ok &&= report.checks[name].ok
  }
  session.end()
  report.ms = Math.round((performance.now() - started) * 1000) / 1000
  return report
}

async function dial({ host, port, version }) {
  const socket = connect({ host, port, noDelay: true })
  await once(socket, 'connect')
  const session = transport.connection.create(socket, { protocol: 'spdy', isServer: false })
  session.start(version)
  session.on('error', () => {})
  return session
}

async function outcome(check, leftMs) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), leftMs)
  })
  try {
    await Promise.race([check, late])
    return { ok: true }
  } catch (error) {
    return { ok: false, error: error.message }
  } finally {
    clearTimeout(timer)
  }
}
