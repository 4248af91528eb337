import { Decoder } from './decode.js';
import { Encoder } from './encode.js';
import { recalled, remember } from './settings.js';
import { INTERNAL_ERROR, TRAITS } from './traits.js';
/**
 * SPDY/3.1 (or one of its kin, by `profile`) as a {@link Protocol}.
 *
 * @throws RangeError for a `compressionLevel` or `windowBits` there is not
 */
export function spdy(options = {}) {
    const { profile = 'spdy31', compressionLevel = 1, windowBits = 11 } = options;
    expectRange('compressionLevel', compressionLevel, 0, 9);
    expectRange('windowBits', windowBits, 11, 15);
    const traits = TRAITS[profile];
    return {
        traits,
        create: (session) => new SpdyCodec(traits, { ...options, profile, compressionLevel, windowBits }, session),
    };
}
/** One session's SPDY: a direction each way, with a compression context each. */
class SpdyCodec {
    traits;
    #decoder;
    #encoder;
    constructor(traits, options, { role, limits }) {
        const { settingsStore, onSettings, settings = [], clearSettings = false } = options;
        // Remembering is the client's business only (§2.6.4).
        const store = role === 'client' ? settingsStore : undefined;
        this.traits = traits;
        this.#decoder = new Decoder({
            role,
            limits,
            onSettings: store === undefined
                ? onSettings
                : (received) => {
                    remember(store, received);
                    onSettings?.(received);
                },
        });
        this.#encoder = new Encoder({
            compressionLevel: options.compressionLevel,
            windowBits: options.windowBits,
            internalError: INTERNAL_ERROR[options.profile],
            settings,
            clear: clearSettings && role === 'server',
            recalled: () => (store === undefined ? [] : recalled(store)),
        });
    }
    decode(chunk, emit) {
        return this.#decoder.decode(chunk, emit);
    }
    encode(frame, out) {
        this.#encoder.encode(frame, out);
    }
    encodeData(id, payload, end, out) {
        this.#encoder.encodeData(id, payload, end, out);
    }
    close() {
        this.#decoder.close();
        this.#encoder.close();
    }
}
function expectRange(name, value, from, to) {
    if (!Number.isInteger(value) || value < from || value > to) {
        throw new RangeError(`expected ${name} from ${from} to ${to}, got ${value}`);
    }
}
//# sourceMappingURL=codec.js.map