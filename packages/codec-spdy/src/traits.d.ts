import type { Traits } from '@plexus/contract';
/**
 * Which SPDY is spoken:
 * - `spdy31`: SPDY/3.1, by the draft.
 * - `spdy3`: SPDY/3, which has no session window and numbers GOAWAY's INTERNAL_ERROR 11.
 * - `spdystream`: SPDY/3.1 as moby/spdystream and Kubernetes speak it: no SETTINGS, no windows, and late frames for a
 *   stream that ended are a matter of course.
 */
export type SpdyProfile = 'spdy31' | 'spdy3' | 'spdystream';
/** The one number that differs between the drafts. */
export declare const INTERNAL_ERROR: Readonly<Record<SpdyProfile, number>>;
/** What each profile is like. */
export declare const TRAITS: Readonly<Record<SpdyProfile, Traits>>;
//# sourceMappingURL=traits.d.ts.map