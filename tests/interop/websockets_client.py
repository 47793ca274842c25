"""Python's websockets as a client: see README.md for what it takes and prints."""

import argparse
import asyncio
import http.client
import urllib.parse

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

LIMIT = 20
SCENARIOS = []


def scenario(function):
    SCENARIOS.append(function)
    return function


async def echoes(ws, message):
    await ws.send(message)
    same(await ws.recv(), message)


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r:.80}, wanted {wanted!r:.80}")


@scenario
async def text(ws):
    await echoes(ws, "Hello, Server!")


@scenario
async def empty_text(ws):
    await echoes(ws, "")
    await echoes(ws, "after")


@scenario
async def empty_binary(ws):
    await echoes(ws, b"")
    await echoes(ws, b"after")


@scenario
async def multibyte_text(ws):
    await echoes(ws, "κόσμε, 世界, 𝄞, \U0010ffff")


@scenario
async def binary(ws):
    await echoes(ws, bytes(range(256)))


@scenario
async def large_text(ws):
    await echoes(ws, "0123456789" * 10_000)


@scenario
async def large_binary(ws):
    state, data = 1, bytearray()
    for _ in range(300_000):  # does not compress
        state = (state * 48271) % 0x7FFFFFFF
        data.append(state & 0xFF)
    await echoes(ws, bytes(data))


@scenario
async def fragments(ws):
    await ws.send(["one, ", "", "two, ", "three"])
    same(await ws.recv(), "one, two, three")
    await ws.send([b"\x00" * 70_000, b"\xff" * 3])
    same(await ws.recv(), b"\x00" * 70_000 + b"\xff" * 3)


@scenario
async def ping(ws):
    await asyncio.wait_for(await ws.ping(b"payload"), LIMIT)
    await asyncio.wait_for(await ws.ping(b"x" * 125), LIMIT)


@scenario
async def ping_between_fragments(ws):
    pongs = []

    async def pieces():
        yield "be"
        pongs.append(await ws.ping(b"between"))
        yield "tween"

    await ws.send(pieces())
    same(await ws.recv(), "between")
    await asyncio.wait_for(pongs[0], LIMIT)


@scenario
async def a_thousand_messages(ws):
    async def write():
        for number in range(1000):
            await ws.send(f"message {number} " + "." * (number % 200))

    writing = asyncio.create_task(write())
    for number in range(1000):
        same(await ws.recv(), f"message {number} " + "." * (number % 200))
    await writing


@scenario
async def close(ws):
    await closes(ws, 1000, "")


@scenario
async def close_with_a_reason(ws):
    await closes(ws, 1001, "going, going, gone ✓")


@scenario
async def close_with_an_own_code(ws):
    await closes(ws, 4001, "mine")


async def closes(ws, code, reason):
    await ws.close(code, reason)
    received = ws.protocol.close_rcvd
    if received is None:
        raise AssertionError("the server did not answer the close frame")
    same(received.code, code)
    if not ws.protocol.close_rcvd_then_sent is False:
        raise AssertionError("the server's close frame came first")


async def play(url, compression, function):
    options = {"compression": "deflate" if compression else None, "max_size": None}
    async with connect(url, open_timeout=LIMIT, close_timeout=LIMIT, **options) as ws:
        extensions = ws.response.headers.get("Sec-WebSocket-Extensions", "")
        same(extensions.startswith("permessage-deflate"), compression)
        await function(ws)


def plain_request(url):
    """A client that is no WebSocket client gets an answer of HTTP."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=LIMIT)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    same(response.status, 426)
    same(response.headers["Upgrade"], "websocket")


async def wait(url, compression):
    async def closed(ws):
        print("connected", flush=True)
        try:
            await ws.recv()
        except ConnectionClosed:
            same(ws.close_code, 1001)

    await report("server_goes_away", play(url, compression, closed))


async def report(name, coroutine):
    try:
        await asyncio.wait_for(coroutine, LIMIT)
    except Exception as error:  # whatever it is, it is the report
        print(f"FAIL {name}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
    else:
        print(f"ok {name}", flush=True)


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compression", action="store_true")
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("url")
    options = parser.parse_args()
    if options.wait:
        await wait(options.url, options.compression)
    else:
        for function in SCENARIOS:
            await report(function.__name__, play(options.url, options.compression, function))
        await report("plain_request", asyncio.to_thread(plain_request, options.url))
    print("done", flush=True)


asyncio.run(main())
