"""A signal stops a command: a token that the server has rotated is stored before the command ends."""

import asyncio
import ctypes
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from openab_auth.bot.cli.signals import run_until_signal
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.storage import Tenant
from tests.bot.cli.started_commands import OPENAB_AUTH, begin, finish, log_in
from tests.support.patience import PATIENCE, until

SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT]


@pytest.fixture
def config(issuer: Issuer, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "offline_access"]
        exec_env = "LAB_TOKEN"
    """)


def stored(home: Path) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = json.loads((home / ".openab/agent/auth.json").read_text())
    return entries


def expire(home: Path) -> None:
    entries = stored(home)
    entries["lab"]["expires_at"] = int(time.time()) - 60  # type: ignore[assignment]
    (home / ".openab/agent/auth.json").write_text(json.dumps(entries))


async def posted(issuer: Issuer, times: int) -> None:
    await until(lambda: len(issuer.requests("/token")) >= times)


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_refresh_under_way_is_stored_before_the_command_ends(
    number: int, issuer: Issuer, config: None, home: Path
) -> None:
    await log_in(issuer, home)
    issuer.faults.next("/token", delay=1.0)

    process = await begin(home, "refresh", "lab")
    await posted(issuer, 2)
    process.send_signal(number)
    status, out, err = await finish(process)

    assert (status, out) == (128 + number, "")
    assert "Traceback" not in err
    [family] = issuer.families
    assert not family.revoked
    assert issuer.tokens.family_of(stored(home)["lab"]["access_token"]) is family
    assert (await finish(await begin(home, "refresh", "lab")))[0] == 0


@asynccontextmanager
async def refreshing_elsewhere(home: Path) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Let another program refresh `lab`; return a function that waits until somebody tries the program's lock."""
    sidecar = home / ".openab/agent/auth.json.refresh.lab.lock"
    lock = os.open(sidecar, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    libc = ctypes.CDLL(None, use_errno=True)
    opened = libc.inotify_init()
    assert libc.inotify_add_watch(opened, os.fsencode(sidecar), 0x20) > 0  # IN_OPEN

    async def looked_at() -> None:
        async with asyncio.timeout(PATIENCE):
            while not select.select([opened], [], [], 0)[0]:
                await asyncio.sleep(0.01)

    try:
        yield looked_at
    finally:
        os.close(lock)
        os.close(opened)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("words", [("token", "lab"), ("refresh", "lab"), ("exec", "lab", "--", "true")])
async def test_who_only_waits_for_another_process_stops_at_once(
    number: int, words: tuple[str, ...], issuer: Issuer, config: None, home: Path
) -> None:
    """A process that waits holds nothing and has sent nothing."""
    await log_in(issuer, home)
    before = stored(home)
    expire(home)
    async with refreshing_elsewhere(home) as looked_at:
        begun = time.monotonic()
        process = await begin(home, *words)
        await looked_at()
        process.send_signal(number)
        told = time.monotonic()
        status, out, err = await finish(process)

    assert time.monotonic() - told < 10 * (told - begun)  # its start takes less than a tenth of the 20 s of the wait
    assert (status, out) == (128 + number, "")
    assert "Traceback" not in err
    assert len(issuer.requests("/token")) == 1
    assert stored(home)["lab"]["refresh_token"] == before["lab"]["refresh_token"]


async def test_who_is_told_to_stop_takes_no_lock_that_comes_free_then(issuer: Issuer, config: None, home: Path) -> None:
    await log_in(issuer, home)
    async with refreshing_elsewhere(home) as looked_at:
        process = await begin(home, "refresh", "lab")
        await looked_at()
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)

    assert (await finish(process))[0] == 128 + signal.SIGTERM
    assert len(issuer.requests("/token")) == 1


async def test_a_code_under_way_becomes_a_login_before_the_command_ends(
    issuer: Issuer, config: None, home: Path
) -> None:
    begun = await finish(await begin(home, "login", "lab", "--json"))
    redirect = await issuer.approve(json.loads(begun[1])["url"])
    issuer.faults.next("/token", delay=1.0)

    process = await begin(home, "complete", "lab", redirect)
    await posted(issuer, 1)
    process.terminate()
    status, _, err = await finish(process)

    assert status == 128 + signal.SIGTERM
    assert "stopping" in err
    assert stored(home)["lab"]["access_token"]


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_command_that_waits_for_a_paste_ends_at_once(number: int, home: Path) -> None:
    keyboard, terminal = pty.openpty()
    process = await begin(home, "complete", "codex", stdin=terminal)
    assert process.stderr is not None
    assert b"Paste the address" in await asyncio.wait_for(process.stderr.readline(), PATIENCE)

    process.send_signal(number)
    status, _, _ = await finish(process)

    os.close(keyboard)
    os.close(terminal)
    assert status in {-number, 128 + number}  # a shell says the same of both


async def test_a_signal_that_the_parent_ignores_is_ignored(issuer: Issuer, config: None, home: Path) -> None:
    """`nohup` ignores SIGHUP, and its children must ignore it, too."""
    await log_in(issuer, home)
    issuer.faults.next("/token", delay=0.5)
    process = await asyncio.create_subprocess_exec(
        "nohup", OPENAB_AUTH, "refresh", "lab", cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    await posted(issuer, 2)
    process.send_signal(signal.SIGHUP)

    assert (await finish(process))[0] == 0


async def test_waiting_for_an_approval_ends_at_once_and_the_login_still_waits(issuer: Issuer, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.lab]
        flow = "device"
        device_url = "{issuer.device_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
    """)
    process = await begin(home, "login", "lab", "--json")
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), PATIENCE)

    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        status, _, err = await finish(process)

    assert status == 128 + signal.SIGTERM
    assert "still pending" in err
    assert any(key.startswith("pending:lab:0") for key in stored(home))


async def test_a_renewed_login_that_nothing_could_keep_is_told_as_renewed(
    issuer: Issuer, config: None, home: Path
) -> None:
    """The disk fails while the vendor answers, so neither the file nor the journal takes the new token."""
    await log_in(issuer, home)
    issuer.faults.next("/token", delay=0.5)

    process = await begin(home, "refresh", "lab")
    await posted(issuer, 2)
    folder = home / ".openab/agent"
    (folder / "auth.json").rename(folder / "real.json")
    (folder / "auth.json").symlink_to("real.json")
    (folder / "auth.json.spill.lab").mkdir()
    status, out, err = await finish(process)

    assert (status, out) == (0, "lab: refreshed\n")
    assert "lab: the renewed login is lost, log in again" in err


@pytest.fixture
def no_more_threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Prevent every new thread, even the thread in which asyncio ends the others."""

    def refuse(*_: object) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    return lambda: monkeypatch.setattr(threading.Thread, "start", refuse)


def test_a_result_is_kept_when_no_thread_can_end_the_others(no_more_threads: Callable[[], None]) -> None:
    async def work() -> int:
        await asyncio.to_thread(int)
        no_more_threads()
        return 7

    assert run_until_signal(work()) == 7


def test_a_failure_is_kept_when_no_thread_can_end_the_others(no_more_threads: Callable[[], None]) -> None:
    """Without this, the exit status and the advice would be lost."""

    async def work() -> int:
        await asyncio.to_thread(int)
        no_more_threads()
        raise NotLoggedInError(Tenant("lab"))

    with pytest.raises(NotLoggedInError):
        run_until_signal(work())
