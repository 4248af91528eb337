import { SETTING, SETTING_FLAG } from './wire.js';
/** Does what a server's SETTINGS frame asks of a client's memory. */
export function remember(store, { entries, clear }) {
    if (clear)
        store.clear();
    for (const { id, value, flags } of entries) {
        if ((flags & SETTING_FLAG.PERSIST_VALUE) !== 0)
            store.set(id, value);
    }
}
/** The part of a frame that the engine acts upon. */
export function toNeutral(entries) {
    const settings = {};
    for (const { id, value } of entries) {
        if (id === SETTING.MAX_CONCURRENT_STREAMS)
            settings.maxConcurrentStreams = value;
        else if (id === SETTING.INITIAL_WINDOW_SIZE)
            settings.initialWindow = value;
    }
    return settings;
}
/**
 * The entries of a frame of ours, sorted by id as the draft wants them. What the engine says of an id prevails over
 * `extra`, for it is what the engine does; whether it is to be remembered is for `extra` to say.
 */
export function fromNeutral(settings, extra) {
    const entries = new Map();
    for (const { id, value, persist } of extra) {
        if (!entries.has(id))
            entries.set(id, { id, value, flags: persist ? SETTING_FLAG.PERSIST_VALUE : 0 });
    }
    const { maxConcurrentStreams, initialWindow } = settings;
    const put = (id, value) => {
        if (value === undefined)
            return;
        entries.set(id, { id, value: Math.min(value, 0xffff_ffff), flags: entries.get(id)?.flags ?? 0 });
    };
    put(SETTING.MAX_CONCURRENT_STREAMS, maxConcurrentStreams);
    put(SETTING.INITIAL_WINDOW_SIZE, initialWindow);
    return [...entries.values()].sort((a, b) => a.id - b.id);
}
/** What a client remembers, to be given back to its server. */
export function recalled(store) {
    const entries = [];
    for (const [id, value] of store)
        entries.push({ id, value, flags: SETTING_FLAG.PERSISTED });
    return entries.sort((a, b) => a.id - b.id);
}
//# sourceMappingURL=settings.js.map