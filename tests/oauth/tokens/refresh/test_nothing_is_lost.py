"""Anything may fail between a vendor's answer and the commit, and the rotated token is still kept."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import driver as drivers
from openab_auth.oauth.client.replies import token_response, verdict
from openab_auth.oauth.entries import unsaved
from openab_auth.oauth.tokens import TokenSource, other_account, refresh
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, StoreUnwritableError, TokenEntry
from openab_auth.storage.commit import batch
from openab_auth.storage.disk import atomic
from openab_auth.storage.file.locks.global_lock import GlobalLock
from openab_auth.storage.file.record_files import RecordFile
from tests.support.clock import Clock
from tests.support.patience import PATIENCE


class Fault:
    """Raise an error in place of a function, several times, once it is armed."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self.left = 0
        self.met = 0

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def fail_or_call(*words: Any, **named: Any) -> Any:
            if self.left:
                self.left -= 1
                self.met += 1
                raise self._error
            return function(*words, **named)

        return fail_or_call


ERRORS = [
    RuntimeError("can't start new thread"),
    MemoryError(),
    OSError(5, "Input/output error"),
    StoreUnwritableError("auth.json", "No space left on device"),
    ValueError("a fault of ours"),
    asyncio.CancelledError(),
]
STEPS: list[tuple[object, str]] = [
    (token_response, "account_label"),
    (token_response, "scopes_of"),
    (refresh, "renewed_entry"),
    (AsyncStore, "update"),
    (GlobalLock, "run"),
    (batch, "run"),
    (atomic, "swap"),
    (RecordFile, "save"),
    (unsaved._log, "log"),
    (refresh._log, "info"),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaved, "_RETRY", 0.05)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
async def test_whatever_fails_after_the_answer_the_rotated_token_is_kept(
    *,
    step: tuple[object, str],
    error: BaseException,
    times: int,
    login: TokenEntry,
    issuer: Issuer,
    tmp_path: Path,
    catalogue: Catalogue,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault in a step that the refresh never reaches must do no harm either."""
    place, name = step
    if place is token_response and isinstance(error, asyncio.CancelledError):
        pytest.skip("nothing is awaited there, so nothing can be cancelled")
    fault = Fault(error)
    monkeypatch.setattr(place, name, fault.before(getattr(place, name)))
    async with TokenSource(FileStore(tmp_path / "auth.json", clock=clock), catalogue=catalogue, clock=clock) as source:
        issuer.faults.next("/token", delay=0.05)
        flight = asyncio.create_task(source.force_refresh("lab"))
        while not issuer.requests("/token"):
            await asyncio.sleep(0.002)
        fault.left = times
        (outcome,) = await asyncio.gather(flight, return_exceptions=True)
        fault.left = 0

    async with TokenSource(FileStore(tmp_path / "auth.json", clock=clock), catalogue=catalogue, clock=clock) as later:
        token = await later.get_valid("lab")
        assert token.value.reveal() == list(issuer.families[0].access_tokens)[-1]
        if isinstance(outcome, Exception | asyncio.CancelledError):
            assert type(outcome) is type(error)
        else:
            assert outcome == token
        await later.force_refresh("lab")
    assert not issuer.families[0].reuses
    assert len(issuer.requests("/token")) == 2


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (verdict, "json_object"),
        (drivers, "judge_reply"),
        (drivers, "read_token_response"),
        (token_response, "Secret"),
        (token_response, "TokenResponse"),
        (other_account, "is_other_account"),
        (refresh, "UnsavedRenewal"),
    ],
    ids=lambda word: word if isinstance(word, str) else "",
)
async def test_a_moment_without_memory_while_an_answer_is_read_loses_no_token(
    place: object,
    name: str,
    times: int,
    login: TokenEntry,
    issuer: Issuer,
    source: TokenSource,
    store: AsyncStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the last byte of the answer until the response has its owner, nobody else could keep the token."""
    fault = Fault(MemoryError())
    monkeypatch.setattr(place, name, fault.before(getattr(place, name)))
    fault.left = times

    token = await source.force_refresh("lab")

    assert fault.met == times
    entry = (await store.read())["lab"]
    assert isinstance(entry, TokenEntry)
    assert (entry.access_token, entry.refresh_token.reveal()) == (token.value, issuer.families[0].refresh_token)
    assert entry.refresh_token != login.refresh_token


AGENT = """
import asyncio, importlib, json, sys
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.oauth.config.config import Config
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.storage import FileStore

path, vendors, module, names = json.loads(sys.argv[1])
*owners, name = names.split(".")
place = importlib.import_module(module)
for owner in owners:
    place = getattr(place, owner)
function, left = getattr(place, name), 1

def interrupted(*words, **named):
    global left
    if left:
        left -= 1
        raise KeyboardInterrupt
    return function(*words, **named)

async def main():
    catalogue = Catalogue.from_config(Config(vendors=vendors), {})
    async with TokenSource(FileStore(path), catalogue=catalogue) as source:
        await source._runtime.load_driver()
        setattr(place, name, interrupted)
        await source.force_refresh("lab")

asyncio.run(main())
"""
INTERRUPTED = [
    "httpx2 Response.aclose",
    "openab_auth.oauth.http.transport _whole",
    "openab_auth.oauth.client.driver judge_reply",
    "openab_auth.oauth.client.driver read_token_response",
    "openab_auth.oauth.client.replies.token_response account_label",
    "openab_auth.oauth.tokens.other_account is_other_account",
    "openab_auth.oauth.tokens.refresh UnsavedRenewal",
    "openab_auth.oauth.tokens.refresh renewed_entry",
]


@pytest.mark.parametrize("step", INTERRUPTED)
async def test_ctrl_c_after_the_answer_ends_the_process_and_not_the_login(
    step: str, login: TokenEntry, issuer: Issuer, catalogue: Catalogue, tmp_path: Path
) -> None:
    """The second Ctrl-C raises KeyboardInterrupt wherever asyncio is at that moment."""
    path, vendor = tmp_path / "auth.json", catalogue.get("lab")
    urls = {"authorize_url": vendor.authorize_url, "token_url": vendor.token_url}
    table = {"client_id": vendor.client_id, "redirect_uri": vendor.redirect_uri, "account_from": "email", **urls}
    words = json.dumps([str(path), {"lab": table}, *step.split()])
    agent = await asyncio.create_subprocess_exec(sys.executable, "-c", AGENT, words, stderr=asyncio.subprocess.PIPE)
    _, err = await asyncio.wait_for(agent.communicate(), PATIENCE)

    assert agent.returncode == -signal.SIGINT, err.decode()
    assert len(issuer.requests("/token")) == 1
    entry = FileStore(path).read()["lab"]
    assert isinstance(entry, TokenEntry)
    assert entry.refresh_token.reveal() == issuer.families[0].refresh_token


@pytest.mark.parametrize("step", INTERRUPTED)
async def test_an_answer_is_read_again_if_there_was_no_memory_for_it(
    step: str,
    login: TokenEntry,
    issuer: Issuer,
    tmp_path: Path,
    catalogue: Catalogue,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another thread may free memory, and so does the failed try itself."""
    module, name = step.split()
    place: object = importlib.import_module(module)
    for owner in name.split(".")[:-1]:
        place = getattr(place, owner)
    fault = Fault(MemoryError())
    async with TokenSource(FileStore(tmp_path / "auth.json", clock=clock), catalogue=catalogue, clock=clock) as source:
        await source._runtime.load_driver()
        monkeypatch.setattr(place, name.split(".")[-1], fault.before(getattr(place, name.split(".")[-1])))
        fault.left = 1

        token = await source.force_refresh("lab")

        assert fault.met == 1
        assert token.value.reveal() == list(issuer.families[0].access_tokens)[-1]
        entry = FileStore(tmp_path / "auth.json").read()["lab"]
        assert isinstance(entry, TokenEntry)
        assert entry.refresh_token.reveal() == issuer.families[0].refresh_token
