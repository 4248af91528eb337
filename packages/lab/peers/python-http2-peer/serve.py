"""The server's side of the HTTP contract."""
import asyncio
import hashlib
import json
import os

from session import MIB, Reset, Session

PIECE = 50000


async def serve(host, port):
    async def accept(reader, writer):
        await Session(reader, writer, client_side=False, on_request=answer).run()

    server = await asyncio.start_server(accept, host, port)
    print(json.dumps({"listening": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


async def answer(stream):
    path = stream.head[":path"]
    try:
        if path.startswith("/bytes/"):
            stream.send_headers([(":status", "200")])
            await send_bytes(stream, int(path[len("/bytes/") :]))
        elif path == "/echo":
            await echo(stream)
        elif path == "/hints":
            stream.send_headers([(":status", "103"), ("link", "</style.css>; rel=preload")])
            stream.send_headers([(":status", "200")], end=True)
        elif path == "/hang":
            await stream.until(lambda: False)
        elif path == "/cancelled":
            await stream.session.cancelled.wait()
            stream.send_headers([(":status", "200")], end=True)
        elif path == "/goaway":
            stream.send_headers([(":status", "200")])
            stream.session.say_goodbye()
            await send_bytes(stream, MIB)
        else:
            stream.send_headers([(":status", "404")], end=True)
    except Reset:
        pass


async def send_bytes(stream, size):
    digest = hashlib.sha256()
    while size > 0:
        data = os.urandom(min(size, PIECE))
        digest.update(data)
        await stream.write(data)
        size -= len(data)
    stream.send_headers([("x-sha256", digest.hexdigest())], end=True)


async def echo(stream):
    digest = hashlib.sha256()
    stream.send_headers([(":status", "200")])
    while (data := await stream.read()) is not None:
        digest.update(data)
        await stream.write(data)
    sum_sent = stream.trailers.get("x-sum", "")
    stream.send_headers([("x-sha256", digest.hexdigest()), ("x-echo-sum", sum_sent)], end=True)
