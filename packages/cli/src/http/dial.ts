/** Who answers at a target? Dials, lets TLS choose what is spoken, and speaks it. */
import { connectHttp } from '@plexus/http/node'
import { PlexusError, type PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import { dumped } from './frame-dump.js'
import { Http1Peer } from './http1-peer.js'
import type { DialOptions, HttpPeer } from './peer.js'
import { SessionPeer } from './session-peer.js'
import type { HttpTarget } from './target.js'

/** Rejects with a PlexusError of blame `carrier` for a connection that does not come about. */
export async function dial(target: HttpTarget, options: DialOptions): Promise<HttpPeer> {
  try {
    const session = target.way === 'http' ? undefined : await dialSession(target, options)
    return session === undefined ? new Http1Peer(target.isSecure, options) : new SessionPeer(session)
  } catch (error) {
    if (!(error instanceof PlexusError) || error.code !== 'INADEQUATE_SECURITY') throw error
    const { scope, code, blame, processed } = error
    const message = `${error.message}; --cacert FILE trusts a certificate, -k takes any`
    throw new PlexusError(message, { scope, code, blame, processed, cause: error })
  }
}

/** A session with the server at `target`; undefined if it speaks HTTP/1.1. */
async function dialSession(target: HttpTarget, options: DialOptions): Promise<PlexusSession | undefined> {
  const { dump, seconds, signal, insecure, ca } = options
  const settings = {
    signal,
    ...(target.isSecure && { rejectUnauthorized: !insecure, ...(ca !== undefined && { ca }) }),
    ...(dump && {
      wrapProtocol: (protocol: Parameters<typeof dumped>[0]) => dumped(protocol, { write: dump, seconds }),
    }),
  }
  if (target.way === 'spdy') return connect(target.key, settings)
  const { session, socket } = await connectHttp(target.key, settings)
  socket?.destroy()
  return session
}
