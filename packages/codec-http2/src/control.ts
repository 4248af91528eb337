/** What do the small frames say? Each is read whole; nothing that is given back is a view of its bytes. */
import type { Bytes, FaultFrame, InFrame, PingToken } from '@plexus/contract'
import { latin1 } from './hpack/latin1.js'
import { errorCode } from './neutral.js'
import { readPriority } from './priority.js'
import { FLAG, TYPE, u31, u32 } from './wire.js'

/** What is kept of a go-away's debug data, bytes (L12). */
export const MAX_DEBUG = 256

/** RST_STREAM, PING, GOAWAY or WINDOW_UPDATE. */
export function readControl(type: number, flags: number, id: number, bytes: Bytes): InFrame {
  switch (type) {
    case TYPE.RST_STREAM: {
      const wireCode = u32(bytes, 0)
      return { type: 'reset', id, code: errorCode(wireCode), wireCode }
    }
    case TYPE.PING:
      return { type: 'ping', token: readToken(bytes), ack: (flags & FLAG.ACK) !== 0 }
    case TYPE.GOAWAY: {
      const wireCode = u32(bytes, 4)
      const frame = { type: 'goAway', lastId: u31(bytes, 0), code: errorCode(wireCode), wireCode } as const
      return bytes.length > 8 ? { ...frame, debug: debugText(bytes.subarray(8, 8 + MAX_DEBUG)) } : frame
    }
    default:
      return { type: 'window', id, delta: u31(bytes, 0) }
  }
}

/** PRIORITY (RFC 9113 §6.3): looked at, and forgotten (H09). */
export function readOldPriority(id: number, bytes: Bytes): InFrame {
  if (u31(bytes, 0) !== id) return { type: 'ignored', what: 'priority', name: 'PRIORITY' }
  return streamFault(id, 'PROTOCOL_ERROR', DEPENDS_ON_ITSELF, 'PRIORITY')
}

/** PRIORITY_UPDATE (RFC 9218 §7.1), from a client: for a stream of its own, since no push of ours is ever more than idle. */
export function readPriorityUpdate(bytes: Bytes): InFrame {
  const id = u31(bytes, 0)
  if ((id & 1) === 0) {
    const message = `expected PRIORITY_UPDATE for a stream of the client's, it is for stream ${id}`
    return sessionFault('PROTOCOL_ERROR', message, 'PRIORITY_UPDATE')
  }
  return { type: 'priority', id, ...readPriority(latin1(bytes, 4, Math.min(bytes.length, 4 + MAX_DEBUG))) }
}

/** RFC 7540 §5.3.1; what took its place does not know the question. */
export const DEPENDS_ON_ITSELF = 'expected a stream that depends on another, it depends on itself'

export function streamFault(
  id: number,
  code: FaultFrame['code'],
  message: string,
  frame: string,
): FaultFrame {
  return { type: 'fault', scope: 'stream', id, code, message, frame }
}

export function sessionFault(code: FaultFrame['code'], message: string, frame: string): FaultFrame {
  return { type: 'fault', scope: 'session', id: 0, code, message, frame }
}

/** Sixty-four bits; a number where it holds them, which is what ours are. */
function readToken(bytes: Bytes): PingToken {
  const high = u32(bytes, 0)
  const low = u32(bytes, 4)
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low)
}

function debugText(bytes: Bytes): string {
  return new TextDecoder().decode(bytes)
}
