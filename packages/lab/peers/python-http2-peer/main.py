"""A small peer on Python's h2 that speaks the HTTP contract: it serves it, or probes somebody who does.

    main.py serve --listen 127.0.0.1:0
    main.py probe --connect 127.0.0.1:9000 --streams 100 --bytes 80000 --concurrency 100 --skip goaway
"""
import argparse
import asyncio
import sys

sys.dont_write_bytecode = True

from probe import probe
from serve import serve


def place(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(dest="role", required=True)
    server = roles.add_parser("serve")
    server.add_argument("--listen", type=place, default=("127.0.0.1", 0))
    client = roles.add_parser("probe")
    client.add_argument("--connect", type=place, required=True)
    client.add_argument("--streams", type=int, default=100)
    client.add_argument("--bytes", type=int, default=80000)
    client.add_argument("--concurrency", type=int, default=100)
    client.add_argument("--skip", default="")
    options = parser.parse_args()
    if options.role == "serve":
        asyncio.run(serve(*options.listen))
    else:
        sys.exit(asyncio.run(probe(options)))


main()
