"""A process that stood still (SIGSTOP, `docker pause`, a blocked loop, a suspended machine) reads its answer."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.http import awake_timeout, deadline
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, AsyncStore, FileStore, TokenEntry
from tests.support.import_all import IMPORT_ALL
from tests.support.patience import PATIENCE, until

PAUSE = 4.8  # seconds; longer than a request, and a whole refresh, of AGENT may take
AGENT = (
    IMPORT_ALL
    + """
import asyncio, concurrent.futures.thread, encodings.idna, json, os, queue, resource, signal, sys, time
import anyio._backends._asyncio, h11, httpcore2._backends.anyio, truststore
import_all("filelock", "openab_auth.storage", *(f"openab_auth.oauth.{room}" for room in ("flows", "logins", "tokens")))
from openab_auth.oauth.entries import unsaved
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.config import Config
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import LoginNotStoredError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import CONSOLE, AsyncStore, FileStore

path, vendors, uid, does, *words = json.loads(sys.argv[1])
unsaved._RETRY = 0.1
catalogue = Catalogue.from_config(Config(vendors=vendors), {})
driver = Driver(deadline=8.0 if does == "wait" else 2.4)  # a busy machine is slow to answer
if uid:
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(4.8))
signal.signal(signal.SIGUSR2, lambda *_: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1)))

async def main():
    store = AsyncStore(FileStore(path, lock_timeout=5 if does == "wait" else 0.9))
    if does == "complete":
        logins = Logins(catalogue, store, driver, lock_wait=1.2)
        try:
            print((await logins.complete(words[0], CONSOLE)).vendor.name, flush=True)
        except LoginNotStoredError:
            print("in memory", flush=True)
        sys.stdin.readline()
        await logins.aclose()
    else:
        source = TokenSource(store, catalogue=catalogue, driver=driver, deadline=3.0 if does == "refresh" else 20.0)
        print((await source.force_refresh("lab")).value.reveal(), flush=True)
        sys.stdin.readline()
        await source.aclose()

asyncio.run(main())
"""
)
Tables = dict[str, dict[str, object]]
Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def vendors(issuer: Issuer) -> Tables:
    lab: dict[str, object] = {
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "scopes": ["offline_access"],
    }
    return {"lab": {**lab, "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}}


@pytest.fixture
def path() -> Iterator[Path]:
    """Return a path that another user can reach, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "volume" / "agent" / "auth.json"


@asynccontextmanager
async def logging_in(vendors: Tables, path: Path) -> AsyncIterator[Logins]:
    driver = Driver()
    logins = Logins(Catalogue.from_config(Config(vendors=vendors), {}), AsyncStore(FileStore(path)), driver)
    yield logins
    await logins.aclose()
    await driver.aclose()


@pytest.fixture
async def redirect(issuer: Issuer, vendors: Tables, path: Path) -> str:
    """Make a login, and return the redirect of the next login; agents renew the first or complete the second."""
    async with logging_in(vendors, path) as logins:
        await logins.complete(await issuer.approve((await logins.begin("lab", CONSOLE)).url), CONSOLE)
        redirect = await issuer.approve((await logins.begin("lab", CONSOLE)).url)
    issuer._seen.clear()
    return redirect


@pytest.fixture
async def start(issuer: Issuer, vendors: Tables, path: Path) -> AsyncIterator[Start]:
    """Start an agent in its own process; return when its request has arrived."""
    started: list[asyncio.subprocess.Process] = []

    async def start(does: str, *words: str, uid: int = 0) -> asyncio.subprocess.Process:
        issuer.faults.next("/token", delay=0.4)
        what = json.dumps([str(path), vendors, uid, does, *words])
        pipe = asyncio.subprocess.PIPE
        agent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", AGENT, what, stdin=pipe, stdout=pipe, stderr=pipe
        )
        started.append(agent)
        async with asyncio.timeout(PATIENCE):
            while not issuer.requests("/token"):
                assert agent.returncode is None, await agent.communicate()
                await asyncio.sleep(0.005)
        return agent

    yield start
    for agent in started:
        if agent.returncode is None:
            agent.kill()
            await agent.wait()


def newest(issuer: Issuer, does: str) -> str:
    """Return the refresh token that the agent got."""
    return issuer.families[0 if does == "refresh" else 1].refresh_token


def refresh_token(path: Path) -> str:
    entry = FileStore(path).read()["lab"]
    assert isinstance(entry, TokenEntry)
    return entry.refresh_token.reveal()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the global lock, as another program does."""
    descriptor = os.open(f"{path}.global.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def waits_for_a_lock(process: int) -> bool:
    return bool(re.search(rf"-> FLOCK .* {process} ", Path("/proc/locks").read_text()))


# time that passes


@pytest.mark.parametrize("how", ["stopped", "blocked"])
@pytest.mark.parametrize("does", ["refresh", "complete"])
async def test_an_answer_that_came_while_the_process_stood_still_is_stored(
    how: str, does: str, redirect: str, issuer: Issuer, path: Path, start: Start
) -> None:
    """Case 16."""
    agent = await start(does, redirect)
    if how == "stopped":
        agent.send_signal(signal.SIGSTOP)
        await asyncio.sleep(PAUSE)
        agent.send_signal(signal.SIGCONT)
    else:
        agent.send_signal(signal.SIGUSR1)
    _, err = await asyncio.wait_for(agent.communicate(b"\n"), PATIENCE)

    assert agent.returncode == 0, err.decode()
    assert len(issuer.requests("/token")) == 1
    assert refresh_token(path) == newest(issuer, does)


async def test_a_server_that_says_nothing_is_given_up_while_the_process_runs() -> None:
    clock = asyncio.get_running_loop().time
    begun = clock()

    async def wait() -> None:
        async with awake_timeout(0.3):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()
    assert clock() - begun >= 0.3


async def test_after_a_suspension_the_other_side_has_all_of_its_time_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sleeping machine received no answer, so the server sends it again some time after the machine wakes up."""
    slept = 0.0
    monkeypatch.setattr(deadline, "_machine_slept", lambda: slept)
    clock = asyncio.get_running_loop().time
    begun = clock()

    async def wait() -> None:
        nonlocal slept
        async with awake_timeout(0.6):
            await asyncio.sleep(0.3)
            slept = 3600.0
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()
    assert clock() - begun >= 0.9


# disks and threads


async def test_a_loop_that_ends_in_mid_commit_leaves_the_login_in_the_journal(
    redirect: str, issuer: Issuer, path: Path, start: Start
) -> None:
    """A host never closes its source, so its event loop cancels the commit while that waits for a lock."""
    agent = await start("wait")
    with held(path):
        await until(lambda: waits_for_a_lock(agent.pid))
        agent.send_signal(signal.SIGINT)  # asyncio.run cancels its work
        agent.send_signal(signal.SIGINT)  # and is interrupted
        await asyncio.wait_for(agent.communicate(b"\n"), PATIENCE)
        await until(lambda: refresh_token(path) == issuer.families[0].refresh_token)
    assert len(issuer.requests("/token")) == 1


root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
UID = 61234


def give_away(path: Path) -> None:
    for place in (path.parent.parent, path.parent, *path.parent.iterdir()):
        os.chown(place, UID, UID)


@root
@pytest.mark.parametrize("does", ["refresh", "complete"])
async def test_a_process_that_may_start_no_thread_keeps_what_the_vendor_gave(
    does: str, redirect: str, issuer: Issuer, path: Path, start: Start
) -> None:
    give_away(path)
    agent = await start(does, redirect, uid=UID)
    with held(path):
        agent.send_signal(signal.SIGUSR2)
        assert agent.stdout
        assert await asyncio.wait_for(agent.stdout.readline(), PATIENCE)
        assert refresh_token(path) == newest(issuer, does)
        agent.stdin.write(b"\n")  # type: ignore[union-attr] # it is a pipe
        await agent.wait()
    assert len(issuer.requests("/token")) == 1


@root
@pytest.mark.parametrize("parents", [0, 1])
@pytest.mark.parametrize("does", ["refresh", "complete"])
async def test_a_folder_that_goes_away_for_a_moment_costs_no_token(
    does: str, parents: int, redirect: str, issuer: Issuer, path: Path, start: Start
) -> None:
    give_away(path)
    gone = path.parents[parents]
    agent = await start(does, redirect, uid=UID)
    gone.chmod(0)
    assert agent.stdout
    assert await asyncio.wait_for(agent.stdout.readline(), PATIENCE) != b""
    gone.chmod(0o700)
    _, err = await asyncio.wait_for(agent.communicate(b"\n"), PATIENCE)

    assert agent.returncode == 0, err.decode()
    assert refresh_token(path) == newest(issuer, does), err.decode()
    assert len(issuer.requests("/token")) == 1
