"""A command that is told to stop in the middle: what the server has rotated is stored before the command ends."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer

OPENAB_AUTH = Path(sys.executable).with_name("openab-auth")
SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


@pytest.fixture
def config(issuer: Issuer, home: Path) -> None:
    (home / "openab-auth.toml").write_text(f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "offline_access"]
    """)


def stored(home: Path) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = json.loads((home / ".openab/agent/auth.json").read_text())
    return entries


async def begin(home: Path, *words: str, **options: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        OPENAB_AUTH, *words, cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=options.get("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


async def finish(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, out.decode(), err.decode()


async def log_in(issuer: Issuer, home: Path) -> None:
    begun = await finish(await begin(home, "login", "lab", "--json"))
    redirect = await issuer.approve(json.loads(begun[1])["url"])
    assert (await finish(await begin(home, "complete", "lab", redirect)))[0] == 0


async def posted(issuer: Issuer, times: int) -> None:
    async with asyncio.timeout(20):
        while len(issuer.requests("/token")) < times:
            await asyncio.sleep(0.01)


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
    assert issuer.grants.family_of(stored(home)["lab"]["access_token"]) is family
    assert (await finish(await begin(home, "refresh", "lab")))[0] == 0


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
    assert b"Paste the address" in await asyncio.wait_for(process.stderr.readline(), 20)

    process.send_signal(number)
    status, _, _ = await finish(process)

    os.close(keyboard)
    os.close(terminal)
    assert status in {-number, 128 + number}  # a shell says the same of both


async def test_a_signal_that_the_parent_ignores_is_ignored(issuer: Issuer, config: None, home: Path) -> None:
    """As `nohup` has it."""
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
    (home / "openab-auth.toml").write_text(f"""
        [vendors.lab]
        flow = "device"
        device_url = "{issuer.device_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
    """)
    process = await begin(home, "login", "lab", "--json")
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 20)

    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(5):
        status, _, err = await finish(process)

    assert status == 128 + signal.SIGTERM
    assert "still waits" in err
    assert any(key.startswith("pending:lab:0") for key in stored(home))
