import type { ErrorCode } from '@plexus/contract'
import { FLAG, TYPE } from './wire.js'

/** What the head of a frame has to look like (RFC 9113 §6). */
export interface FrameShape {
  /** As the RFC writes it. */
  readonly name: string
  /** Bytes there are at least; all there is where `isFixed`. */
  readonly least: number
  readonly isFixed: boolean
  /** It belongs to a stream, or to the session; undefined: to either. */
  readonly ofStream: boolean | undefined
  /** A wrong length costs the stream only. */
  readonly isLocal: boolean
}

/** The frames that are read, by type. All others are skipped (§5.5). */
export const SHAPES: readonly (FrameShape | undefined)[] = shapes()

/** What to call a frame of `type`. */
export function frameName(type: number): string {
  if (type === TYPE.ALTSVC) return 'ALTSVC'
  if (type === TYPE.ORIGIN) return 'ORIGIN'
  return SHAPES[type]?.name ?? `frame of type ${type}`
}

/** What a head costs its sender. */
export interface Sentence {
  readonly scope: 'stream' | 'session'
  readonly code: ErrorCode
  /** What was expected and what came. */
  readonly message: string
}

/**
 * Judges a frame of a known type by its head alone, before a byte of it is kept (H38). Undefined if there is nothing to say.
 * That it is not too long for us is known already.
 */
export function judgeHead(type: number, flags: number, id: number, length: number): Sentence | undefined {
  const { name, least, isFixed, ofStream, isLocal } = SHAPES[type]!
  if (ofStream !== undefined && (id !== 0) !== ofStream) {
    const message = ofStream
      ? `expected ${name} on a stream, it came on stream 0`
      : `expected ${name} on stream 0, it came on stream ${id}`
    return { scope: 'session', code: 'PROTOCOL_ERROR', message }
  }
  const needed = least + optionalBytes(type, flags)
  if (isFixed ? length !== needed : length < needed) {
    const message = `expected ${name} with ${needed} bytes${isFixed ? '' : ' or more'}, ${length} were announced`
    return { scope: isLocal ? 'stream' : 'session', code: 'FRAME_SIZE_ERROR', message }
  }
  if (type === TYPE.SETTINGS) return judgeSettings(flags, length)
  return undefined
}

/** §6.5: entries of six bytes, and none in an acknowledgement (H45). */
function judgeSettings(flags: number, length: number): Sentence | undefined {
  const isAck = (flags & FLAG.ACK) !== 0
  if (isAck ? length === 0 : length % 6 === 0) return undefined
  const message = isAck
    ? `expected no bytes in an acknowledgement of SETTINGS, ${length} were announced`
    : `expected SETTINGS with entries of 6 bytes, ${length} bytes of them were announced`
  return { scope: 'session', code: 'FRAME_SIZE_ERROR', message }
}

/** Bytes that flags of the frame ask for. */
function optionalBytes(type: number, flags: number): number {
  if (type !== TYPE.DATA && type !== TYPE.HEADERS && type !== TYPE.PUSH_PROMISE) return 0
  const padding = (flags & FLAG.PADDED) !== 0 ? 1 : 0
  return type === TYPE.HEADERS && (flags & FLAG.PRIORITY) !== 0 ? padding + 5 : padding
}

function shapes(): (FrameShape | undefined)[] {
  const table: (FrameShape | undefined)[] = new Array(TYPE.PRIORITY_UPDATE + 1).fill(undefined)
  const shape = (
    name: keyof typeof TYPE,
    least: number,
    of: 'stream' | 'session' | 'either',
    fixed = false,
  ) => {
    table[TYPE[name]] = {
      name,
      least,
      isFixed: fixed,
      ofStream: of === 'either' ? undefined : of === 'stream',
      // §6.3: the one frame whose length is its stream's affair.
      isLocal: name === 'PRIORITY',
    }
  }
  shape('DATA', 0, 'stream')
  shape('HEADERS', 0, 'stream')
  shape('PRIORITY', 5, 'stream', true)
  shape('RST_STREAM', 4, 'stream', true)
  shape('SETTINGS', 0, 'session')
  shape('PUSH_PROMISE', 4, 'stream')
  shape('PING', 8, 'session', true)
  shape('GOAWAY', 8, 'session')
  shape('WINDOW_UPDATE', 4, 'either', true)
  shape('CONTINUATION', 0, 'stream')
  shape('PRIORITY_UPDATE', 4, 'session')
  return table
}
