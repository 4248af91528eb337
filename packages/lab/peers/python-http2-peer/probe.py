"""The client's side of the HTTP contract: checks, each with its own verdict."""
import asyncio
import hashlib
import json
import os
import time

from session import MIB, Session
from h2.errors import ErrorCodes

# How long one check may take, seconds.
CHECK_TIME = 20


async def probe(options):
    """Runs every check on one connection, prints the report as one line of JSON and gives the exit code."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(*options.connect)
    session = Session(reader, writer, client_side=True)
    running = asyncio.ensure_future(session.run())
    client = Client(session, options)
    outcomes = {}
    for check in (client.bytes, client.echo, client.upload, client.unread, client.cancel, client.hints):
        name = check.__name__
        if name in options.skip.split(","):
            outcomes[name] = {"ok": True, "skipped": True}
            continue
        try:
            await asyncio.wait_for(check(), CHECK_TIME)
            outcomes[name] = {"ok": True}
        except Exception as error:
            outcomes[name] = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    running.cancel()
    ok = all(outcome["ok"] for outcome in outcomes.values())
    ms = (time.monotonic() - started) * 1000
    print(json.dumps({"ok": ok, "streams": options.streams, "bytes": options.bytes, "ms": ms, "checks": outcomes}))
    return 0 if ok else 1


class Client:
    def __init__(self, session, options):
        self.session, self.options = session, options

    def request(self, path, method="GET", end=True):
        authority = "%s:%d" % self.options.connect
        return self.session.open(
            [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path)], end
        )

    async def bytes(self):
        for size in (0, 1, 16384, 4 * MIB):
            await whole(self.request(f"/bytes/{size}"), size)

    async def echo(self):
        """The streams that were asked for, so many at once."""
        left = iter(range(self.options.streams))

        async def worker():
            for _ in left:
                await self.echo_once(self.options.bytes)

        await asyncio.gather(*(worker() for _ in range(self.options.concurrency)))

    async def upload(self):
        await self.echo_once(4 * MIB)

    async def echo_once(self, size):
        """Sends a body with a trailer, and wants both back."""
        body = os.urandom(size)
        digest = hashlib.sha256(body).hexdigest()
        stream = self.request("/echo", "POST", end=False)

        async def send():
            await stream.write(body)
            stream.send_headers([("x-sum", digest)], end=True)

        await asyncio.gather(send(), whole(stream, size))
        expect(digest, stream.trailers.get("x-sha256"))
        expect(digest, stream.trailers.get("x-echo-sum"))

    async def unread(self):
        """A body that nobody reads holds nobody else up, and is whole afterwards."""
        unread = self.request(f"/bytes/{4 * MIB}")
        await unread.answered()
        for _ in range(5):
            await self.echo_once(100000)
        await whole(unread, 4 * MIB)

    async def cancel(self):
        midway = self.request(f"/bytes/{4 * MIB}")
        await midway.read()
        midway.reset(ErrorCodes.CANCEL)
        hanging = self.request("/hang")
        await self.echo_once(10)
        hanging.reset(ErrorCodes.CANCEL)
        expect("200", (await self.request("/cancelled").answered())[":status"])

    async def hints(self):
        stream = self.request("/hints")
        expect("200", (await stream.answered())[":status"])
        expect(["</style.css>; rel=preload"], [hint["link"] for hint in stream.interim])


async def whole(stream, size):
    """Reads a body to its end and compares it with the digest behind it."""
    expect("200", (await stream.answered())[":status"])
    digest, count = hashlib.sha256(), 0
    while (data := await stream.read()) is not None:
        digest.update(data)
        count += len(data)
    expect(size, count)
    expect(digest.hexdigest(), stream.trailers.get("x-sha256"))


def expect(wanted, got):
    if wanted != got:
        raise AssertionError(f"expected {wanted}, got {got}")
