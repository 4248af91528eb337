import type { ErrorCode, Limits } from '@plexus/contract';
/** What the head of a control frame has to look like. */
export interface FrameShape {
    /** As the draft writes it. */
    readonly name: string;
    /** Bytes before the header block or the entries; all there is where `isFixed`. */
    readonly fixed: number;
    /** The frame has exactly `fixed` bytes, and no flags. */
    readonly isFixed: boolean;
    /** A header block follows, so to drop the frame unread is to lose the compression context. */
    readonly hasBlock: boolean;
}
/** The control frames that are read, by type (§2.6). All others are skipped. */
export declare const SHAPES: readonly (FrameShape | undefined)[];
/** What to call a control frame of `type`. */
export declare function frameName(type: number): string;
/** What a head costs its sender: the session, and before that the stream that the frame names, where it is owed a word. */
export interface Sentence {
    /** Code for the stream, if it is named. */
    readonly streamCode: ErrorCode | undefined;
    /** Code for the session. */
    readonly code: ErrorCode;
    /** What was expected and what came. */
    readonly message: string;
    readonly frame: string;
}
/** Judges a control frame by its head alone, before a byte of it is kept. Undefined if there is nothing to say. */
export declare function judgeHead(type: number, version: number, flags: number, length: number, limits: Limits): Sentence | undefined;
//# sourceMappingURL=frames.d.ts.map