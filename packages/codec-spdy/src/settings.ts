import type { Settings } from '@plexus/contract'
import { SETTING, SETTING_FLAG } from './wire.js'

/** One entry of a SETTINGS frame, as we send it. */
export interface Setting {
  /** 24 bits; see {@link SETTING}. */
  readonly id: number
  /** 32 bits, in the unit of its id. */
  readonly value: number
  /** Asks the client to remember it for this origin. Only a server may ask. */
  readonly persist?: boolean
}

/** One entry of a SETTINGS frame, as it came. */
export interface ReceivedSetting {
  readonly id: number
  readonly value: number
  /** See {@link SETTING_FLAG}. Only a client has to do with PERSIST_VALUE; a server looks at none (§2.6.4). */
  readonly flags: number
}

/** A SETTINGS frame as it came: of each id the first entry, for the others do not count (§2.6.4). */
export interface ReceivedSettings {
  readonly entries: readonly ReceivedSetting[]
  /** CLEAR_SETTINGS: what was remembered is to be forgotten first. */
  readonly clear: boolean
}

/**
 * A client's memory of what one server asked it to remember, to be kept for one origin, address and port and thrown away
 * with the cookies (§2.6.4). A Map of ids and values is one.
 */
export interface SettingsStore extends Iterable<readonly [id: number, value: number]> {
  set(id: number, value: number): unknown
  clear(): void
}

/** Does what a server's SETTINGS frame asks of a client's memory. */
export function remember(store: SettingsStore, { entries, clear }: ReceivedSettings): void {
  if (clear) store.clear()
  for (const { id, value, flags } of entries) {
    if ((flags & SETTING_FLAG.PERSIST_VALUE) !== 0) store.set(id, value)
  }
}

/** The part of a frame that the engine acts upon. */
export function toNeutral(entries: readonly ReceivedSetting[]): Settings {
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = {}
  for (const { id, value } of entries) {
    if (id === SETTING.MAX_CONCURRENT_STREAMS) settings.maxConcurrentStreams = value
    else if (id === SETTING.INITIAL_WINDOW_SIZE) settings.initialWindow = value
  }
  return settings
}

/**
 * The entries of a frame of ours, sorted by id as the draft wants them. What the engine says of an id prevails over
 * `extra`, for it is what the engine does; whether it is to be remembered is for `extra` to say.
 */
export function fromNeutral(settings: Settings, extra: readonly Setting[]): ReceivedSetting[] {
  const entries = new Map<number, ReceivedSetting>()
  for (const { id, value, persist } of extra) {
    if (!entries.has(id)) entries.set(id, { id, value, flags: persist ? SETTING_FLAG.PERSIST_VALUE : 0 })
  }
  const { maxConcurrentStreams, initialWindow } = settings
  const put = (id: number, value: number | undefined): void => {
    if (value === undefined) return
    entries.set(id, { id, value: Math.min(value, 0xffff_ffff), flags: entries.get(id)?.flags ?? 0 })
  }
  put(SETTING.MAX_CONCURRENT_STREAMS, maxConcurrentStreams)
  put(SETTING.INITIAL_WINDOW_SIZE, initialWindow)
  return [...entries.values()].sort((a, b) => a.id - b.id)
}

/** What a client remembers, to be given back to its server. */
export function recalled(store: SettingsStore): ReceivedSetting[] {
  const entries: ReceivedSetting[] = []
  for (const [id, value] of store) entries.push({ id, value, flags: SETTING_FLAG.PERSISTED })
  return entries.sort((a, b) => a.id - b.id)
}
