import { GOAWAY, INITIAL_WINDOW, MAX_31 } from './wire.js';
/** The one number that differs between the drafts. */
export const INTERNAL_ERROR = {
    spdy31: GOAWAY.INTERNAL_ERROR,
    spdy3: GOAWAY.INTERNAL_ERROR_3,
    spdystream: GOAWAY.INTERNAL_ERROR,
};
const ignore = { scope: 'ignore' };
const stream = (code) => ({ scope: 'stream', code });
const session = { scope: 'session', code: 'PROTOCOL_ERROR' };
const FAULTS = {
    dataOnIdle: stream('INVALID_STREAM'),
    // §2.3.7 says PROTOCOL_ERROR, §2.2.2 says INVALID_STREAM: the first while we know better, the second when we do not.
    dataOnClosed: stream('PROTOCOL_ERROR'),
    dataOnForgotten: stream('INVALID_STREAM'),
    dataAfterEnd: stream('STREAM_CLOSED'),
    dataBeforeReply: stream('PROTOCOL_ERROR'),
    dataOnSession: session,
    openLower: session,
    // Skipping is allowed (§2.3.2): the row is there because the table is complete.
    openSkips: ignore,
    openParity: session,
    openTwice: stream('PROTOCOL_ERROR'),
    openOverLimit: stream('REFUSED_STREAM'),
    openAfterGoAway: ignore,
    pushWithoutParent: session,
    replyTwice: stream('STREAM_IN_USE'),
    replyAfterEnd: stream('STREAM_CLOSED'),
    replyOnUnknown: stream('INVALID_STREAM'),
    headersOnUnknown: stream('INVALID_STREAM'),
    headersAfterEnd: stream('STREAM_CLOSED'),
    headersBeforeReply: stream('PROTOCOL_ERROR'),
    creditZeroOnStream: stream('PROTOCOL_ERROR'),
    creditZeroOnSession: session,
    creditOverflowOnStream: stream('FLOW_CONTROL_ERROR'),
    creditOverflowOnSession: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
    // §2.6.8: WINDOW_UPDATE for closed streams is ignored; §2.4.2: a reset is never answered with a reset.
    creditOnIdle: ignore,
    resetOnIdle: ignore,
    overStreamWindow: stream('FLOW_CONTROL_ERROR'),
    overSessionWindow: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
    settingsWindow: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
};
const SPDY31 = {
    name: 'spdy/3.1',
    headers: true,
    reply: true,
    streamWindow: true,
    sessionWindow: true,
    initialStreamWindow: INITIAL_WINDOW,
    initialSessionWindow: INITIAL_WINDOW,
    maxWindow: MAX_31,
    maxStreamId: MAX_31,
    strictIds: false,
    initialMaxConcurrentStreams: Number.POSITIVE_INFINITY,
    greeting: false,
    settingsAck: false,
    ping: true,
    goAway: true,
    settings: true,
    push: true,
    goAwayTwice: false,
    faults: FAULTS,
};
const SPDY3 = {
    ...SPDY31,
    name: 'spdy/3',
    sessionWindow: false,
    faults: { ...FAULTS, creditZeroOnSession: ignore, creditOverflowOnSession: ignore },
};
const SPDYSTREAM = {
    ...SPDY31,
    streamWindow: false,
    sessionWindow: false,
    settings: false,
    // A server opens streams of its own as a peer does; nothing about them is a push.
    push: false,
    faults: {
        ...FAULTS,
        // It stops writing when it learns of an end, which is after it wrote.
        dataOnClosed: ignore,
        dataOnForgotten: ignore,
        dataAfterEnd: ignore,
        headersOnUnknown: ignore,
        headersAfterEnd: ignore,
        creditZeroOnStream: ignore,
        creditZeroOnSession: ignore,
        creditOverflowOnStream: ignore,
        creditOverflowOnSession: ignore,
        settingsWindow: ignore,
    },
};
/** What each profile is like. */
export const TRAITS = {
    spdy31: SPDY31,
    spdy3: SPDY3,
    spdystream: SPDYSTREAM,
};
//# sourceMappingURL=traits.js.map