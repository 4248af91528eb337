import type { Protocol } from '@plexus/contract';
import { type ReceivedSettings, type Setting, type SettingsStore } from './settings.js';
import { type SpdyProfile } from './traits.js';
/** How SPDY is spoken. Every field has a default. */
export interface SpdyOptions {
    /** Default `spdy31`. */
    readonly profile?: SpdyProfile;
    /**
     * zlib's level for our header blocks, 0 … 9. Default 1, which is a third faster than 6 and writes a tenth more. 0 stores:
     * where secrets stand beside text that others choose, lengths then tell nothing (CRIME).
     */
    readonly compressionLevel?: number;
    /** Window of our compression context, 11 … 15 bits. Default 11, as the draft suggests: 21 KB a session, 15 takes 115. */
    readonly windowBits?: number;
    /**
     * Sent along with our first settings: ids the engine does not act upon, or `persist` for those it does. A profile
     * without settings sends none.
     */
    readonly settings?: readonly Setting[];
    /** Server: our first settings make the client forget what it remembered. Default false. */
    readonly clearSettings?: boolean;
    /** Client: where to remember what the server asks to be remembered, and what is given back to it at the start. */
    readonly settingsStore?: SettingsStore;
    /** Told everything each SETTINGS frame of the peer says, before the engine is. A throw is noted as an oddity. */
    readonly onSettings?: (received: ReceivedSettings) => void;
}
/**
 * SPDY/3.1 (or one of its kin, by `profile`) as a {@link Protocol}.
 *
 * @throws RangeError for a `compressionLevel` or `windowBits` there is not
 */
export declare function spdy(options?: SpdyOptions): Protocol;
//# sourceMappingURL=codec.d.ts.map