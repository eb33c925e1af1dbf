"""Thread agents in miniature: processes that have the store's path, ask the vendor's API, and say how it went.

    python -m openab_auth.bot.playground.thread_agents STORE TENANT API COUNT [--full-disk]

What each does is what the README tells agents in Python to do. They are forked from one process that has imported
everything, so that they meet; each then has its own store, its own locks and its own connection. One line of JSON each.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import ssl
import sys
import time

import httpx2

from openab_auth.bot.playground.disk import set_full
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import open_store
from openab_auth.storage.errors import OpenabAuthError

_SHARED = (
    "filelock",
    "openab_auth.oauth.tokens.httpx_auth",
    "openab_auth.oauth.client.driver",
    "openab_auth.oauth.tokens.refresh",
    "anyio._backends._asyncio",
)  # what a refresh loads
_WORDS = ("store", "tenant", "api", "count")


def main(words: list[str]) -> int:
    """Start the agents, wait for all of them; the exit status is always 0: what went wrong stands in their lines."""
    store, tenant, api, count = words[: len(_WORDS)]
    if "--full-disk" in words:
        set_full(0, full=True)
    for module in _SHARED:
        importlib.import_module(module)
    gc.freeze()  # pages that no collection writes to stay shared
    tls = ssl.create_default_context()  # loading the authorities takes long, and they can share them
    for number in range(1, int(count) + 1):
        if os.fork() == 0:
            try:
                _say(number, state="asks")
                asyncio.run(_agent(number, store, tenant, api, tls))
            finally:
                os._exit(0)  # whatever happened: only the first process starts agents
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return 0


async def _agent(number: int, store: str, tenant: str, api: str, tls: ssl.SSLContext) -> None:
    begun = time.monotonic()
    try:
        async with (
            TokenSource(open_store(store)) as source,
            httpx2.AsyncClient(auth=source.auth(tenant), verify=tls, trust_env=False, timeout=30) as client,
        ):
            reply = await client.get(api)
            token = await source.get_valid(tenant)
        outcome = {"state": "served" if reply.is_success else "refused", "token": token.value.fingerprint()[:6]}
    except OpenabAuthError as error:
        outcome = {"state": "failed", "code": error.code, "said": str(error)}
    except httpx2.HTTPError as error:
        outcome = {"state": "failed", "code": "network", "said": type(error).__name__}
    _say(number, ms=round((time.monotonic() - begun) * 1000), **outcome)


def _say(number: int, **what: object) -> None:
    line = json.dumps({"agent": number, "pid": os.getpid(), **what}) + "\n"
    os.write(sys.stdout.fileno(), line.encode())  # short enough for a pipe to keep it whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
