"""A broker in its own process, and requests to it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from openab_auth.bot.broker import Places, add_key, new_key, serve
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import BrokerKey, FileStore, Secret, Store, ThreadId, TokenEntry
from tests.support.patience import PATIENCE

OPENAB_AUTH = Path(sys.executable).with_name("openab-auth")
STORE = ".openab/agent/auth.json"
FAR = 4_000_000_000
SOON = 5.0  # seconds: on a machine that others share, too, what the contract has in one


@dataclass(frozen=True)
class Reply:
    """An answer of a broker, with its JSON."""

    status: int
    body: dict[str, object]
    headers: Mapping[str, str]

    @property
    def problem(self) -> tuple[int, object]:
        """The status and the code of a problem; it is one in every respect."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert {"code", "detail", "hint"} <= self.body.keys()
        assert all(self.body[name] for name in ("code", "detail", "hint"))
        return self.status, self.body["code"]


@dataclass
class RunningBroker:
    """A broker that runs, the place of its socket, its URL if it listens on TCP, and the file of its log."""

    process: asyncio.subprocess.Process
    socket: Path
    url: str | None
    log: Path

    async def ask(
        self,
        path: str,
        *,
        key: str | None = None,
        tcp: bool = False,
        method: str = "GET",
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Reply:
        """Send one request; with `tcp` to the URL, otherwise over the socket."""
        connector = aiohttp.TCPConnector(limit=0) if tcp else aiohttp.UnixConnector(str(self.socket), limit=0)
        sent = {"Authorization": f"Bearer {key}"} if key is not None else {}
        url = f"{self.url if tcp else 'http://broker'}{path}"
        async with (
            aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(PATIENCE)) as session,
            session.request(
                method,
                url,
                headers={**sent, **(headers or {})},
                params={name: str(value) for name, value in (query or {}).items()},
                json=body,
            ) as answer,
        ):
            assert answer.headers["Cache-Control"] == "no-store"
            found = await answer.json(content_type=None)
            return Reply(answer.status, found, answer.headers)

    async def token(self, account: str, *, key: str | None = None, tcp: bool = False, **query: int) -> Reply:
        """Ask for a token."""
        return await self.ask(f"/v1/token/{account}", key=key, tcp=tcp, query=query)

    async def stop(self) -> int:
        """Send SIGTERM, and return the exit status."""
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def running_broker(
    home: Path, *words: str, name: str = "run", env: Mapping[str, str] | None = None, listen: bool = False
) -> AsyncIterator[RunningBroker]:
    """Start a broker in this home, and wait until it is ready; its socket is in the folder `name`."""
    socket, log = home / name / "auth.sock", home / f"{name}.log"
    words = (*words, "--socket", str(socket), *(("--listen", "127.0.0.1:0") if listen else ()))
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            OPENAB_AUTH, "serve", *words, "--json", cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), **(env or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        assert line, log.read_text()
        ready = json.loads(line)
        assert ready == {"ready": True, "socket": str(socket), "url": ready["url"]}
        yield RunningBroker(process, socket, ready["url"], log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def broker_in_this_process(folder: Path, store: Store) -> AsyncIterator[Path]:
    """Serve a store in this process, for tests that shorten its times; yield the place of its socket."""
    runtime = Runtime(store, Catalogue.shipped({}), environ={}, location=str(folder / "auth.json"))
    places = Places(folder / "auth.sock", 0o600, None)
    async with (
        serve._serving(runtime, (os.geteuid(),), folder / "audit.jsonl") as server,
        serve._listening(server, places),
    ):
        yield folder / "auth.sock"


def store_of(home: Path) -> FileStore:
    """Return the store of a home."""
    return FileStore(home / STORE)


def put_login(
    home: Path,
    tenant: str = "codex",
    *,
    token: str = "canary-access",
    refresh: str = "canary-refresh",
    expires_at: int = FAR,
) -> None:
    """Store a login whose vendor cannot be reached."""
    entry = TokenEntry(Secret(token), Secret(refresh), expires_at, "https://x.example/token", tenant)
    store_of(home).update(lambda draft: draft.__setitem__(tenant, entry))


def make_key(home: Path, name: str, *words: str) -> str:
    """Make a key with the command line."""
    done = subprocess.run(
        [OPENAB_AUTH, "key", "add", name, *words, "--json"], cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["key"])


def put_key(home: Path, name: str, *tenants: str, thread: int | None = None, expires_at: int | None = None) -> str:
    """Make a key in this process, which is faster than a command."""
    key = new_key()
    where = None if thread is None else ThreadId(thread)
    record = BrokerKey(key.fingerprint(), tenants, where, expires_at, 1)
    store_of(home).update(lambda draft: add_key(draft, name, record))
    return key.reveal()
