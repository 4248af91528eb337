import type { Bytes, ByteWriter, OutFrame } from '@plexus/contract';
import { type ReceivedSetting, type Setting } from './settings.js';
export interface EncoderOptions {
    readonly compressionLevel: number;
    readonly windowBits: number;
    /** The number of GOAWAY's INTERNAL_ERROR. */
    readonly internalError: number;
    /** Goes out with our first settings. */
    readonly settings: readonly Setting[];
    /** Our first settings say that what was remembered is to be forgotten. */
    readonly clear: boolean;
    /** A frame of its own before our first settings, so that where the two differ ours, the later, prevail. */
    readonly recalled: () => readonly ReceivedSetting[];
}
/** The other direction: frames to bytes. See {@link Codec.encode}. */
export declare class Encoder {
    #private;
    constructor(options: EncoderOptions);
    encode(frame: OutFrame, out: ByteWriter): void;
    encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void;
    close(): void;
}
//# sourceMappingURL=encode.d.ts.map