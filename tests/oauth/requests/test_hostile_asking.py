"""Runaway and hostile agents: what they write into a reason, how often they ask, and which threads they name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openab_auth.oauth.accounts import Account
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import ProgramKeepsLoginError, TooManyRequestsError
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.requests.changes import forget_requests, put_request
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import (
    REQUESTS,
    Draft,
    FileStore,
    MemoryStore,
    Secret,
    SeenThread,
    Tenant,
    ThreadId,
    TokenEntry,
)
from tests.oauth.requests.request_world import (
    NOW,
    OTHER,
    THREAD,
    Clock,
    offering,
    requests_of,
    store_with_thread,
    stored,
)

UNSEEN = [ThreadId(1000 + number) for number in range(200)]


def fill(store: MemoryStore, threads: list[ThreadId]) -> None:
    """Let an agent in each of these threads ask for a login."""
    codex = Account(VendorName("codex"), Tenant("codex"))

    def ask(draft: Draft) -> None:
        for thread in threads:
            put_request(draft, codex, thread, "", NOW)

    store.update(ask)


@pytest.mark.parametrize(
    "reason",
    [
        "my key is sk-ant-oat01-AbCdEf0123456789AbCdEf0123456789",
        "retry with Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln1",
        "the stored token short-1234 is old",
        "the stored token short\u200b-1234 is old",
    ],
)
async def test_a_secret_in_a_reason_is_not_kept(reason: str) -> None:
    store = store_with_thread()
    entry = TokenEntry(Secret("short-1234"), Secret("other-5678"), int(NOW) + 60, "https://v.example/token", "grok")
    store.update(lambda draft: draft.update(grok=entry))

    await requests_of(store, Clock()).ask("codex", reason)

    (request,) = stored(store)
    assert "[redacted]" in request.reason
    for secret in ("AbCdEf0123456789", "eyJzdWIiOiIxIn0", "1234"):
        assert secret not in request.reason


@pytest.mark.parametrize("thread", [0, 2**64 - 1, 2**64, int("9" * 20)])
async def test_every_id_that_is_taken_is_a_record_that_can_be_read(thread: int, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "auth.json")
    runtime = Runtime(store, offering(), environ={})
    for word in ("codex", "claude"):
        assert (await LoginRequests(runtime, ThreadId(thread)).ask(word)).state == "asked"

    assert len(store.records(REQUESTS)) == 2
    assert not [name for name in os.listdir(tmp_path) if "corrupt" in name]  # noqa: PTH208 - one look


async def test_threads_that_no_bot_has_seen_do_not_keep_out_a_seen_one() -> None:
    store = store_with_thread()
    fill(store, UNSEEN)

    assert (await requests_of(store, Clock()).ask("codex")).state == "asked"
    assert (await requests_of(store, Clock(), OTHER).ask("codex")).state == "asked"
    assert {THREAD, OTHER} < {request.thread for request in stored(store)}
    assert len(stored(store)) == 200


async def test_a_refusal_for_too_many_requests_takes_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_with_thread()
    here = requests_of(store, Clock())
    for vendor in ("codex", "claude", "copilot"):
        await here.ask(vendor)

    def commit(_: object) -> object:
        raise AssertionError

    monkeypatch.setattr(store, "update_all", commit)
    with pytest.raises(TooManyRequestsError):
        await here.ask("grok")


async def test_a_deleted_thread_takes_its_requests_along() -> None:
    store = store_with_thread()
    store.update(lambda draft: draft.threads.update({"thread:70": SeenThread(1, 700, 70)}))
    fill(store, [THREAD, ThreadId(70)])

    store.update(lambda draft: forget_requests(draft, THREAD))

    assert [request.thread for request in stored(store)] == [70]


async def test_a_login_that_only_a_program_keeps_is_not_asked_for(tmp_path: Path) -> None:
    """No login comes into the store then: the request would never end."""
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    store, config = store_with_thread(), Config(auth=AuthSettings(vendors=("claude-code",)))
    catalogue = Catalogue.from_config(config, {"PATH": str(tmp_path)})
    asking = LoginRequests(Runtime(store, catalogue, clock=Clock(), environ={}), THREAD)

    with pytest.raises(ProgramKeepsLoginError):
        await asking.ask("claude-code")
    assert not stored(store)
