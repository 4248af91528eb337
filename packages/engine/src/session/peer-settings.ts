import type { SettingsFrame } from '@plexus/contract'
import type { Core } from '../core.js'
import { applyFault } from './faults.js'
import type { Streams } from './streams.js'

/** Does what the peer's settings say, and acknowledges them where that is due. */
export function applySettings(core: Core, streams: Streams, { settings, ack }: SettingsFrame): void {
  if (ack) return
  const { traits, windowBase, pump } = core
  const { maxConcurrentStreams, initialWindow, maxFrameSize } = settings
  if (initialWindow !== undefined) {
    if (isTooMuch(core, initialWindow)) return applyFault(core, 'settingsWindow', 0)
    const isMore = initialWindow > windowBase.initial
    windowBase.initial = initialWindow
    if (isMore) pump.baseMoved()
  }
  if (maxFrameSize !== undefined) {
    // Nothing could be sent in it, and the pump would go round for ever.
    if (maxFrameSize < 1) return applyFault(core, 'settingsFrameSize', 0)
    pump.peerMaxFrame = maxFrameSize
  }
  if (maxConcurrentStreams !== undefined) streams.limit(maxConcurrentStreams)
  else if (core.stats.framesReceived === 1) streams.limit(Number.POSITIVE_INFINITY)
  if (traits.settingsAck) pump.answer({ type: 'settings', settings: {}, ack: true })
}

/** RFC 9113 §6.9.2: an initial window that lifts any stream's over the largest there is ends the session (H31). */
function isTooMuch({ traits, windowBase, table }: Core, initial: number): boolean {
  if (initial + windowBase.highest <= traits.maxWindow) return initial > traits.maxWindow
  // The mark may be of a stream that is gone: it is set anew from those that are here, which a peer pays for (H06).
  windowBase.highest = 0
  for (const { sendWindow } of table)
    windowBase.highest = Math.max(windowBase.highest, sendWindow.available - windowBase.initial)
  return initial + windowBase.highest > traits.maxWindow
}
