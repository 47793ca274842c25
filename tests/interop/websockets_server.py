"""Python's websockets as an echo server: see README.md for what it takes and does."""

import argparse
import asyncio
import signal

from websockets.asyncio.server import serve


async def echo(ws):
    async for message in ws:
        match message.split(" ", 2) if isinstance(message, str) else []:
            case ["close", code, reason]:
                await ws.close(int(code), reason)
            case ["ping"]:
                await (await ws.ping(b"from the server"))
                await ws.send("pong seen")
            case ["fragments"]:
                await ws.send(["one, ", "two, ", "three"])
            case _:
                await ws.send(message)


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compression", action="store_true")
    options = parser.parse_args()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    compression = "deflate" if options.compression else None
    async with serve(echo, "127.0.0.1", 0, max_size=None, compression=compression) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}", flush=True)
        await stop.wait()


asyncio.run(main())
