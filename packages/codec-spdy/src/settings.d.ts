import type { Settings } from '@plexus/contract';
/** One entry of a SETTINGS frame, as we send it. */
export interface Setting {
    /** 24 bits; see {@link SETTING}. */
    readonly id: number;
    /** 32 bits, in the unit of its id. */
    readonly value: number;
    /** Asks the client to remember it for this origin. Only a server may ask. */
    readonly persist?: boolean;
}
/** One entry of a SETTINGS frame, as it came. */
export interface ReceivedSetting {
    readonly id: number;
    readonly value: number;
    /** See {@link SETTING_FLAG}. Only a client has to do with PERSIST_VALUE; a server looks at none (§2.6.4). */
    readonly flags: number;
}
/** A SETTINGS frame as it came: of each id the first entry, for the others do not count (§2.6.4). */
export interface ReceivedSettings {
    readonly entries: readonly ReceivedSetting[];
    /** CLEAR_SETTINGS: what was remembered is to be forgotten first. */
    readonly clear: boolean;
}
/**
 * A client's memory of what one server asked it to remember, to be kept for one origin, address and port and thrown away
 * with the cookies (§2.6.4). A Map of ids and values is one.
 */
export interface SettingsStore extends Iterable<readonly [id: number, value: number]> {
    set(id: number, value: number): unknown;
    clear(): void;
}
/** Does what a server's SETTINGS frame asks of a client's memory. */
export declare function remember(store: SettingsStore, { entries, clear }: ReceivedSettings): void;
/** The part of a frame that the engine acts upon. */
export declare function toNeutral(entries: readonly ReceivedSetting[]): Settings;
/**
 * The entries of a frame of ours, sorted by id as the draft wants them. What the engine says of an id prevails over
 * `extra`, for it is what the engine does; whether it is to be remembered is for `extra` to say.
 */
export declare function fromNeutral(settings: Settings, extra: readonly Setting[]): ReceivedSetting[];
/** What a client remembers, to be given back to its server. */
export declare function recalled(store: SettingsStore): ReceivedSetting[];
//# sourceMappingURL=settings.d.ts.map