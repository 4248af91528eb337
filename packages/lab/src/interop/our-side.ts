import type { MuxSession } from '@plexus/contract'
import type { Limits } from 'plexus'
import { connect, listen } from 'plexus/node'
import type { Peer } from '../peers.js'
import { answer } from './contract-server.js'

/** Which SPDY our side speaks, as the front door calls it. */
export type Profile = 'spdy31' | 'spdy3' | 'spdystream'

/** The tests open many streams at once: more than a stranger may. */
const limits: Partial<Limits> = { maxInboundStreams: 1000 }

export function connectOurs(profile: Profile, port: number): Promise<MuxSession> {
  return connect(`spdy+tcp://127.0.0.1:${port}`, { profile, limits })
}

/** Serves the echo contract to anyone who connects. */
export async function serveOurs(profile: Profile): Promise<Peer> {
  const server = await listen('spdy+tcp://127.0.0.1:0', { profile, limits }, answer)
  return {
    port: server.port!,
    async stop() {
      server.destroy()
      await server.close()
    },
  }
}
