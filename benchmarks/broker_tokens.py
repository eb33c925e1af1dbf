"""Tokens of the broker per second, against a bare aiohttp handler with the same answer; in turns, under full load.

`openab-auth serve` and the handler are one process each. They answer the same requests over a Unix socket, where the
kernel says who asks, and over loopback TCP with a key. The clients are processes that write to bare sockets, so that
they take less time for a request than either server. Goal: 0.6 of the rate. Prints medians of the rounds.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE
from typing import Final, NamedTuple

from openab_auth.storage import NEVER, FileStore, Secret, TokenEntry

ROUNDS: Final = 8
SECONDS: Final = 1.0
CLIENTS: Final = 4
CONNECTIONS: Final = 8  # of each client
LOGINS: Final = 10
BARE: Final = """
import asyncio, sys
from aiohttp import web

async def main():
    sock, body = sys.argv[1], sys.stdin.read().encode()
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "openab-auth"}

    async def token(request):
        return web.Response(body=body, content_type="application/json", headers=headers)

    app = web.Application()
    app.router.add_get("/v1/token/{account}", token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, sock).start()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    print(runner.addresses[1][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Run(NamedTuple):
    """The results of all clients in one round: tokens per second, and seconds for one of them."""

    rate: float
    median: float
    late: float


def connect(place: str) -> socket.socket:
    """Connect to a path, or to a port of this machine."""
    if place.isdigit():
        connection = socket.create_connection(("127.0.0.1", int(place)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(place)
    return connection


def request(key: str) -> bytes:
    """Return the request for a token, as a client writes it."""
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    return f"GET /v1/token/codex HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n{authorization}\r\n".encode()


def work(place: str, key: str) -> None:
    """For each time that is read, ask on all connections until then; print the seconds that each token took."""
    asked = request(key)
    connections = [connect(place) for _ in range(CONNECTIONS)]
    length = len(_answer(connections[0], asked))
    print("ready", flush=True)
    with selectors.DefaultSelector() as ready:
        for connection in connections:
            ready.register(connection, selectors.EVENT_READ)
        for line in sys.stdin:
            took = _ask(ready, connections, asked, length, float(line))
            print(json.dumps(took), flush=True)


def _ask(
    ready: selectors.BaseSelector, connections: list[socket.socket], asked: bytes, length: int, until: float
) -> list[float]:
    took: list[float] = []
    begun: dict[socket.socket, float] = {}
    for connection in connections:
        begun[connection] = time.perf_counter()
        connection.sendall(asked)
    while begun:
        for chosen, _ in ready.select():
            connection = chosen.fileobj  # type: ignore[assignment] # it was registered
            answer = connection.recv(65536)
            assert len(answer) == length and answer.startswith(b"HTTP/1.1 200"), answer[:200]  # noqa: S101, PT018
            took.append(time.perf_counter() - begun.pop(connection))
            if time.time() < until:
                begun[connection] = time.perf_counter()
                connection.sendall(asked)
    return took


def _answer(connection: socket.socket, asked: bytes) -> bytes:
    connection.sendall(asked)
    return connection.recv(65536)


class Crowd:
    """Clients of one server at one place."""

    def __init__(self, place: str, key: str) -> None:
        command = [sys.executable, __file__, place, key]
        self._workers = [
            subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True)  # noqa: S603 - our own words
            for _ in range(CLIENTS)
        ]
        for worker in self._workers:
            _read(worker)

    def race(self) -> Run:
        """Let them ask at once."""
        until = time.time() + SECONDS
        for worker in self._workers:
            assert worker.stdin is not None  # noqa: S101 - it was asked for
            worker.stdin.write(f"{until}\n")
            worker.stdin.flush()
        took = sorted(seconds for worker in self._workers for seconds in json.loads(_read(worker)))
        return Run(len(took) / SECONDS, took[len(took) // 2], took[len(took) * 99 // 100])

    def close(self) -> None:
        """End them."""
        for worker in self._workers:
            worker.communicate()


def start_broker(folder: Path, stack: ExitStack) -> tuple[str, str, str]:
    """Start the broker of a new store; return its socket, its port and a key."""
    store, command = folder / "auth.json", str(Path(sys.executable).with_name("openab-auth"))
    login = TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER, "https://as.example/token", "codex")
    names = ["codex", *(f"codex@{number}" for number in range(LOGINS - 1))]
    FileStore(store).update(lambda draft: draft.update(dict.fromkeys(names, login)))
    environ = {"HOME": str(folder), "PATH": os.defpath}
    words = [command, "key", "add", "benchmark", "--tenant", "codex", "--json", "--store", str(store)]
    made = subprocess.run(words, env=environ, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    place = folder / "run" / "auth.sock"
    words = [command, "serve", "--json", "--store", str(store), "--socket", str(place), "--listen", "127.0.0.1:0"]
    quiet = subprocess.DEVNULL
    broker = subprocess.Popen(words, env=environ, stdout=PIPE, stderr=quiet, text=True)  # noqa: S603 - our own words
    stack.callback(broker.wait)
    stack.callback(broker.terminate)
    return str(place), json.loads(_read(broker))["url"].rpartition(":")[2], json.loads(made.stdout)["key"]


def start_bare(folder: Path, body: bytes, stack: ExitStack) -> tuple[str, str]:
    """Start the handler with this answer; return its socket and its port."""
    place = str(folder / "bare.sock")
    bare = subprocess.Popen([sys.executable, "-c", BARE, place], stdin=PIPE, stdout=PIPE, text=True)  # noqa: S603
    stack.callback(bare.wait)
    stack.callback(bare.kill)
    assert bare.stdin is not None  # noqa: S101 - it was asked for
    bare.stdin.write(body.decode())
    bare.stdin.close()
    return place, _read(bare).strip()


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        path, port, key = start_broker(folder, stack)
        body = _answer(connect(path), request("")).partition(b"\r\n\r\n")[2]
        bare_path, bare_port = start_bare(folder, body, stack)
        print("                      ratio     tokens     median      99 of 100 within")
        for name, key_sent, ours, bare in (("Unix socket", "", path, bare_path), ("TCP, key", key, port, bare_port)):
            compete(name, {"bare": Crowd(bare, key_sent), "broker": Crowd(ours, key_sent)})


def compete(name: str, crowds: dict[str, Crowd]) -> None:
    """Print one line for each server: the medians of the rounds, in which they take turns."""
    rounds = [{server: crowd.race() for server, crowd in crowds.items()} for _ in range(ROUNDS + 1)][1:]
    for crowd in crowds.values():
        crowd.close()
    for server in crowds:
        ratio = statistics.median(one[server].rate / one["bare"].rate for one in rounds)
        rate, median, late = (
            statistics.median(column) for column in zip(*(one[server] for one in rounds), strict=True)
        )
        print(f"{name:13}{server:7}{ratio:7.2f}{rate:9.0f}/s{median * 1e3:8.2f} ms{late * 1e3:16.2f} ms")


def _read(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None  # noqa: S101 - it was asked for
    return worker.stdout.readline()


if __name__ == "__main__":
    if sys.argv[1:]:
        work(*sys.argv[1:])
    else:
        main()
