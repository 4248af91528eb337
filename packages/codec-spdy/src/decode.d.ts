import { type Bytes, type InFrame, type Limits, type Role } from '@plexus/contract';
import { type ReceivedSettings } from './settings.js';
export interface DecoderOptions {
    readonly role: Role;
    readonly limits: Limits;
    /** Everything a SETTINGS frame said. What it throws becomes an oddity. */
    readonly onSettings: ((received: ReceivedSettings) => void) | undefined;
}
type Emit = (frame: InFrame) => boolean;
/** One direction of one session: bytes to frames. See {@link Codec.decode}. */
export declare class Decoder {
    #private;
    constructor(options: DecoderOptions);
    decode(chunk: Bytes, emit: Emit): number;
    close(): void;
}
export {};
//# sourceMappingURL=decode.d.ts.map