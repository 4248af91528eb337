import { TYPE, VERSION } from './wire.js';
/** The control frames that are read, by type (§2.6). All others are skipped. */
export const SHAPES = shapes();
/** What to call a control frame of `type`. */
export function frameName(type) {
    if (type === TYPE.NOOP)
        return 'NOOP';
    if (type === TYPE.CREDENTIAL)
        return 'CREDENTIAL';
    return SHAPES[type]?.name ?? `control frame of type ${type}`;
}
/** Judges a control frame by its head alone, before a byte of it is kept. Undefined if there is nothing to say. */
export function judgeHead(type, version, flags, length, limits) {
    const shape = SHAPES[type];
    if (version !== VERSION) {
        const streamCode = type === TYPE.SYN_STREAM ? 'UNSUPPORTED_VERSION' : undefined;
        return sentence(type, 'PROTOCOL_ERROR', `version ${VERSION}, ${version} came`, streamCode);
    }
    if (shape?.isFixed) {
        if (length !== shape.fixed)
            return sentence(type, 'PROTOCOL_ERROR', `${shape.fixed} bytes, ${length} were announced`);
        if (flags !== 0)
            return sentence(type, 'PROTOCOL_ERROR', `no flags, ${flags} came`);
        return undefined;
    }
    if (length > limits.maxControlFrame) {
        const streamCode = shape?.hasBlock ? 'FRAME_SIZE_ERROR' : undefined;
        const message = `at most ${limits.maxControlFrame} bytes, ${length} were announced`;
        return sentence(type, 'FRAME_SIZE_ERROR', message, streamCode);
    }
    if (shape !== undefined && length < shape.fixed)
        return sentence(type, 'PROTOCOL_ERROR', `${shape.fixed} bytes or more, ${length} were announced`);
    if (type === TYPE.SETTINGS) {
        const entries = (length - 4) / 8;
        if (!Number.isInteger(entries))
            return sentence(type, 'PROTOCOL_ERROR', `entries of 8 bytes, ${length - 4} bytes of them were announced`);
        if (entries > limits.maxSettingsEntries) {
            const message = `at most ${limits.maxSettingsEntries} entries, ${entries} were announced`;
            return sentence(type, 'ENHANCE_YOUR_CALM', message);
        }
    }
    return undefined;
}
function sentence(type, code, expected, streamCode) {
    const frame = frameName(type);
    return { streamCode, code, message: `expected ${frame} with ${expected}`, frame };
}
function shapes() {
    const table = new Array(TYPE.CREDENTIAL + 1).fill(undefined);
    table[TYPE.SYN_STREAM] = { name: 'SYN_STREAM', fixed: 10, isFixed: false, hasBlock: true };
    table[TYPE.SYN_REPLY] = { name: 'SYN_REPLY', fixed: 4, isFixed: false, hasBlock: true };
    table[TYPE.RST_STREAM] = { name: 'RST_STREAM', fixed: 8, isFixed: true, hasBlock: false };
    table[TYPE.SETTINGS] = { name: 'SETTINGS', fixed: 4, isFixed: false, hasBlock: false };
    table[TYPE.PING] = { name: 'PING', fixed: 4, isFixed: true, hasBlock: false };
    table[TYPE.GOAWAY] = { name: 'GOAWAY', fixed: 8, isFixed: true, hasBlock: false };
    table[TYPE.HEADERS] = { name: 'HEADERS', fixed: 4, isFixed: false, hasBlock: true };
    table[TYPE.WINDOW_UPDATE] = { name: 'WINDOW_UPDATE', fixed: 8, isFixed: true, hasBlock: false };
    return table;
}
//# sourceMappingURL=frames.js.map