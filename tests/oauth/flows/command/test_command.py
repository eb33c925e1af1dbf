"""A vendor's own login program on a pseudo-terminal: its output, its input, its environment and its end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import (
    NoPendingLoginError,
    ProgramFailedError,
    ProgramMissingError,
    ProgramWaitsError,
    TooManyLoginsError,
    WhichLoginError,
)
from openab_auth.oauth.flows.command.output import Output, ProgramPrompt, find_code, find_link, plain
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import NEVER, AsyncStore, UserId
from tests.support.patience import PATIENCE

ADA, BOB = UserId(1), UserId(2)
PROGRAM = Path(__file__).parents[3] / "support/vendor_cli.py"
LINK = "https://login.example.com/oauth/authorize?client_id=cli&state=abc"
SECRETS = {"DISCORD_TOKEN", "OPENAB_AUTH_BROKER_KEY", "OUR_BOT", "APP_SECRET", "MCP_SECRET"}
MODES = ("paste", "again", "device", "silent", "done", "stubborn", "leaves", "environment")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    table = {
        mode: {"flow": "command", "command": [sys.executable, str(PROGRAM), mode, str(tmp_path)]} for mode in MODES
    }
    table["missing"] = {"flow": "command", "command": ["no-such-login-program"]}
    table["gemini"] = {"client_secret_env": "APP_SECRET"}
    server = {"url": "https://mcp.example/mcp", "client_id": "app", "client_secret_env": "MCP_SECRET"}
    discord = {"bot_token": "${OUR_BOT}", "api_base": "${PROXY}"}
    return Catalogue.from_config(Config(vendors=table, mcp={"lab": server}, discord=discord), dict(os.environ))


@pytest.fixture
async def logins(catalogue: Catalogue, store: AsyncStore, driver: Driver, tmp_path: Path) -> AsyncIterator[Logins]:
    environ = {**os.environ, **dict.fromkeys(SECRETS, "canary"), "PROXY": "http://proxy.example"}
    environ |= {"PATH": ":.:/usr/bin:bin:/bin:", "HOME": str(tmp_path)}
    logins = Logins(catalogue, store, driver, environ=environ, max_pending=2)
    yield logins
    await logins.aclose()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._QUIET", 0.6)
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._ANSWER", 1.0)
    monkeypatch.setattr("openab_auth.oauth.flows.command.terminal._GRACE", 0.3)


async def test_its_link_is_found_and_the_paste_ends_the_login(logins: Logins, tmp_path: Path) -> None:
    offer = await logins.begin("paste", ADA)
    assert (offer.url, offer.user_code) == (LINK, None)

    done = await logins.complete("http://localhost:1/callback?code=good&state=abc", ADA, "paste")

    assert (done.vendor.name, done.expires_at, done.account) == ("paste", NEVER, None)
    assert (tmp_path / "credential").read_text() == "http://localhost:1/callback?code=good&state=abc"
    assert not await logins.pending(ADA)


async def test_nothing_of_it_is_in_our_store(logins: Logins, store: AsyncStore) -> None:
    await logins.begin("paste", ADA)
    await logins.complete("good", ADA)

    assert not await store.read()


async def test_a_code_that_comes_late_is_not_lost_and_the_end_is_told(logins: Logins, tmp_path: Path) -> None:
    offer = await logins.begin("device", ADA)
    assert (offer.url, offer.user_code) == (LINK, "WXYZ-1234")
    (tmp_path / "approved").touch()

    assert await logins.outcome("device", ADA)


async def test_its_last_words_are_shown_without_what_was_pasted(logins: Logins) -> None:
    await logins.begin("paste", ADA)

    with pytest.raises(ProgramFailedError, match="status 1") as failed:
        await logins.complete("canary-code", ADA, "paste")

    assert "is not valid" in failed.value.said
    assert "canary" not in str(failed.value)


async def test_a_paste_that_it_does_not_take_leaves_it_waiting(logins: Logins) -> None:
    await logins.begin("again", ADA)

    with pytest.raises(ProgramWaitsError, match="try again"):
        await logins.complete("bad", ADA, "again")

    assert await logins.complete("good", ADA, "again")


@pytest.mark.parametrize(("mode", "status"), [("done", 0), ("silent", None)])
async def test_a_program_that_shows_no_link_is_told(
    logins: Logins, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: str, status: int | None
) -> None:
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._FIRST_WORDS", 1.0)

    with pytest.raises(ProgramFailedError) as failed:
        await logins.begin(mode, ADA)

    assert failed.value.status == status
    await gone(tmp_path / "pid")


async def test_a_program_that_is_not_installed_is_named_at_once(logins: Logins) -> None:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ProgramMissingError, match="'no-such-login-program' is not installed"):
            await logins.begin("missing", ADA)


async def test_cancel_ends_its_whole_group_by_force_if_need_be(logins: Logins, tmp_path: Path) -> None:
    await logins.begin("stubborn", ADA)
    waiting = asyncio.create_task(logins.outcome("stubborn", ADA))
    await asyncio.sleep(0)

    await logins.cancel(ADA, "stubborn")

    with pytest.raises(NoPendingLoginError):
        await waiting
    await gone(tmp_path / "pid")
    await gone(tmp_path / "child")


async def test_stopping_ends_it_and_says_nothing_of_a_failure(logins: Logins, tmp_path: Path) -> None:
    await logins.begin("stubborn", ADA)
    waiting = asyncio.create_task(logins.outcome("stubborn", ADA))
    await asyncio.sleep(0)

    await logins.aclose()

    assert await waiting is None
    await gone(tmp_path / "child")


async def test_it_is_ended_when_its_time_is_over(
    catalogue: Catalogue, store: AsyncStore, driver: Driver, tmp_path: Path
) -> None:
    short = {name: replace(vendor, command_timeout=1) for name, vendor in catalogue._vendors.items()}
    logins = Logins(Catalogue(short, tuple(short), {}), store, driver)
    await logins.begin("stubborn", ADA)

    with pytest.raises(ProgramFailedError, match="took too long"):
        await logins.outcome("stubborn", ADA)
    await gone(tmp_path / "pid")


async def test_what_it_leaves_behind_is_ended_with_it(logins: Logins, tmp_path: Path) -> None:
    await logins.begin("leaves", ADA)

    assert await logins.outcome("leaves", ADA)
    await gone(tmp_path / "child")


async def test_one_runs_for_each_person_and_vendor(logins: Logins, tmp_path: Path) -> None:
    await logins.begin("paste", ADA)
    first = int((tmp_path / "pid").read_text())
    await logins.begin("paste", BOB)
    await logins.begin("paste", ADA)

    assert not alive(first)
    assert len(await logins.pending(ADA)) == len(await logins.pending(BOB)) == 1
    assert len((await logins.states.status()).pending) == 2


async def test_one_person_runs_no_more_than_the_limit(logins: Logins) -> None:
    await logins.begin("paste", ADA)
    await logins.begin("again", ADA)

    with pytest.raises(TooManyLoginsError):
        await logins.begin("device", ADA)
    with pytest.raises(WhichLoginError):
        await logins.cancel(ADA)


async def test_the_bots_own_token_and_clients_secrets_are_none_of_its_business(logins: Logins, tmp_path: Path) -> None:
    """The program gets neither the client secrets of vendors and MCP servers, nor the bot's token."""
    await logins.begin("environment", ADA)

    inherited = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines() if "=" in line)
    assert [name for name, value in inherited.items() if "canary" in value] == []
    assert SECRETS.isdisjoint(inherited)
    assert {"PATH", "TERM", "NO_COLOR", "PROXY"} <= inherited.keys()
    assert inherited["PATH"] == "/usr/bin:/bin"
    assert inherited["PWD"] == str(tmp_path)


# What is found in the output


@pytest.mark.parametrize(
    ("said", "link"),
    [
        (f"Visit {LINK}.", LINK),
        (f"<{LINK}>", LINK),
        (f"({LINK})", LINK),
        (f"\x1b[4m{LINK}\x1b[0m", LINK),
        (f"\x1b]8;id=1;{LINK}\x07here\x1b]8;;\x07", LINK),
        (f"{LINK}https://example.com/help", LINK),
        (f"https://example.com/help{LINK}", LINK),
        (f"listening on http://localhost:1455/auth\r\nopen {LINK}\r\n", LINK),
        ("see https://example.com/a", "https://example.com/a"),
        ("1. Sign in with Google\r\nTerms: https://geminicli.com/docs/resources/tos-privacy/\r\n", None),
        ("https://docs.example.com/docs/device?user_code=1", "https://docs.example.com/docs/device?user_code=1"),
        ("http://evil.example/oauth", None),
        ("https://user:secret@example.com/oauth", None),
        ("nothing", None),
    ],
)
def test_the_link_is_found_in_what_people_would_read(said: str, link: str | None) -> None:
    assert find_link(plain(said)) == link


def test_a_link_does_not_hide_the_last_words_of_a_program() -> None:
    output = Output()
    output.feed(f"first\r\nvisit {LINK}\r\nPaste it > Login failed: no network\r\n".encode())

    assert output.last_lines(2) == "visit (link) / Paste it > Login failed: no network"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("enter the code: ABCD-1234", "ABCD-1234"),
        ("Your one-time code is: 7XQ2K9", "7XQ2K9"),
        ("First copy your one-time code: 1A2B-3C4D\n", "1A2B-3C4D"),
        ("WDJB-MJHT", "WDJB-MJHT"),
        (f"{LINK}&user_code=WDJB-MJHT", None),
        ("error code: none of these words is one", None),
        ("2026-11-24", None),
        ("nothing", None),
    ],
)
def test_the_code_is_found_outside_of_links(said: str, code: str | None) -> None:
    assert find_code(said) == code


@given(st.lists(st.integers(1, 7)), st.booleans())
def test_what_is_found_does_not_depend_on_how_the_bytes_came(cuts: list[int], linked: bool) -> None:
    shown = f"\x1b]8;;{LINK}\x1b\\hier\x1b]8;;\x1b\\" if linked else f"\x1b[1;32m{LINK}\x1b[0m"
    raw = f"\x1b[2J\x1b[HGrüße 🙂\r\n{shown}\r\ncode: \x1b[1mWXYZ-1234\x1b[22m\r\n".encode()
    output = Output()
    at = 0
    for size in cuts:
        output.feed(raw[at : at + size])
        at += size
    output.feed(raw[at:])

    assert output.found == ProgramPrompt(LINK, "WXYZ-1234")
    assert output.lines[0] == "Grüße 🙂"


@given(st.binary(max_size=400))
def test_no_bytes_break_it_and_nothing_unprintable_comes_out(raw: bytes) -> None:
    output = Output()
    output.feed(raw)

    assert all(line.isprintable() or "\t" in line for line in output.lines)
    assert output.found.link is None or output.found.link.startswith("http")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


async def gone(file: Path) -> None:
    """Wait until the process with the number in this file is gone."""
    pid, deadline = int(file.read_text()), time.monotonic() + PATIENCE  # noqa: ASYNC240 - a few bytes
    while alive(pid):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_paste_that_fits_two_programs_is_typed_into_neither(logins: Logins, tmp_path: Path) -> None:
    await logins.begin("paste", ADA)
    await logins.begin("again", ADA)

    with pytest.raises(WhichLoginError):
        await logins.complete("good", ADA)

    assert not (tmp_path / "credential").exists()
    assert await logins.complete("good", ADA, "paste")
