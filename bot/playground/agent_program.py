"""Small agents: each process opens the store, calls the vendor's API, and reports the result as a line of JSON.

    python -m openab_auth.bot.playground.agent_program TENANT API COUNT [--full-disk] [--thread=ID …]

Each agent does what the README recommends for agents in Python. The bot's config names the store. An agent in a thread
asks there for a login that is missing, and waits for it. One process imports everything and forks the agents, so that
all of them run at the same time. Each agent has its own store, its own locks and its own connection. With threads, the
first agent works in the first thread, the second in the second one, and so on.
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
from openab_auth.oauth.config import parse_config, store_location
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import StoreLocation, ThreadId, open_store
from openab_auth.storage.errors import OpenabAuthError

_SHARED = (
    "filelock",
    "openab_auth.oauth.tokens.httpx_auth",
    "openab_auth.oauth.client.driver",
    "openab_auth.oauth.requests.asking",
    "openab_auth.oauth.tokens.refresh",
    "anyio._backends._asyncio",
)  # modules that a refresh imports
WAIT = 900.0  # seconds that an agent in a thread waits for a login
_REASON = "to mend the build"
_WORDS = ("tenant", "api", "count")
_THREAD = "--thread="


def main(words: list[str]) -> int:
    """Start the agents, and wait until all have ended; their reports contain any errors, so the status is always 0."""
    tenant, api, count = words[: len(_WORDS)]
    if "--full-disk" in words:
        set_full(0, full=True)
    threads = [word.removeprefix(_THREAD) for word in words if word.startswith(_THREAD)]
    for module in _SHARED:
        importlib.import_module(module)
    location = store_location(parse_config(None, os.environ), None, os.environ)
    open_store(location)  # imports its backend; nothing is read
    gc.freeze()  # the collector then leaves these memory pages shared
    tls = ssl.create_default_context()  # loading the certificates is slow; all agents share them
    for number in range(1, int(count) + 1):
        if os.fork() == 0:
            try:
                _report(number, state="asks")
                thread = threads[number - 1] if threads else None
                asyncio.run(_agent(number, location, tenant, api, tls=tls, thread=thread))
            finally:
                os._exit(0)  # after any error: only the first process may start agents
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return 0


async def _agent(  # noqa: PLR0913 - what an agent knows
    number: int, location: StoreLocation, tenant: str, api: str, *, tls: ssl.SSLContext, thread: str | None
) -> None:
    begun = time.monotonic()
    try:
        async with (
            Runtime(open_store(location)) as runtime,
            TokenSource(runtime, thread=thread) as source,
            httpx2.AsyncClient(auth=source.auth(tenant), verify=tls, trust_env=False, timeout=30) as client,
        ):
            if thread is not None:
                await _wait_for_login(number, source, LoginRequests(runtime, ThreadId(int(thread))), tenant)
            reply = await client.get(api)
            token = await source.get_valid(tenant)
        outcome = {"state": "served" if reply.is_success else "refused", "token": token.value.fingerprint()[:6]}
        if reply.is_success:
            outcome["account"] = str(reply.json().get("email"))
    except OpenabAuthError as error:
        outcome = {"state": "failed", "code": error.code, "error": str(error)}
    except httpx2.HTTPError as error:
        outcome = {"state": "failed", "code": "network", "error": type(error).__name__}
    _report(number, ms=round((time.monotonic() - begun) * 1000), **outcome)


async def _wait_for_login(number: int, source: TokenSource, asking: LoginRequests, tenant: str) -> None:
    """Ask people in the thread for the login, with a reason, and wait until it is there and works."""
    if (await asking.ask(tenant, _REASON)).state == "there":
        try:
            await source.get_valid(tenant)
        except (NotLoggedInError, LoginDeadError):  # the vendor has ended the login
            await asking.ask(tenant, _REASON)
        else:
            return
    _report(number, state="waits")
    await source.get_valid(tenant, wait=WAIT)
    _report(number, state="asks")


def _report(number: int, **values: object) -> None:
    line = json.dumps({"agent": number, "pid": os.getpid(), **values}) + "\n"
    os.write(sys.stdout.fileno(), line.encode())  # a pipe does not split a line as short as this


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
