"""The echo server of the documentation of Python's websockets.

usage: python_echo.py off|default
"""

import asyncio
import ctypes
import logging
import os
import sys

from websockets.asyncio.server import serve

LIMIT = 64 << 20

logging.disable()  # ten thousand connections end at once


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main(compression):
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    os.sched_setaffinity(0, {0})
    async with serve(echo, "127.0.0.1", 0, compression=compression, max_size=LIMIT) as server:
        host, port = server.sockets[0].getsockname()
        print(f"listening on {host}:{port}", flush=True)
        await server.serve_forever()


asyncio.run(main("deflate" if sys.argv[1] == "default" else None))
