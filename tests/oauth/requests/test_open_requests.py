"""Which requests are open, which are answered, and what a clock that was wrong does to them."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.oauth.requests import OpenRequests, claim_message, end_request, is_answered, note_message
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    REQUESTS,
    Entry,
    LoginRequest,
    McpEntry,
    MemoryStore,
    Policies,
    RequestMessage,
    SeenThread,
    Tenant,
)
from tests.oauth.requests.request_world import (
    ADA,
    NOW,
    THREAD,
    Clock,
    offering,
    requests_of,
    store_with_thread,
    stored,
    token,
)
from tests.support.patience import PATIENCE, until

_SERVER = McpEntry("c", {"access_token": "at"}, (), int(NOW))
_WEEK = 7 * 86_400


@pytest.mark.parametrize("seconds", [60, 119])
async def test_a_token_that_ends_in_two_minutes_without_renewal_is_asked_for(seconds: int) -> None:
    """`get_valid` refuses it already; without a request, its agent would wait for nobody."""
    store = store_with_thread()
    store.update(lambda draft: draft.update(codex=token(expires_at=int(NOW) + seconds, refresh_token="")))

    assert (await requests_of(store, Clock()).ask("codex")).state == "asked"


@pytest.mark.parametrize(
    ("entries", "answered"),
    [
        ({"linear": _SERVER}, True),
        ({"mcp:linear": _SERVER}, True),
        ({"mcp:linear": _SERVER, "linear": token()}, True),
        ({"linear": token()}, False),
        ({"linear": McpEntry("registered")}, False),
    ],
)
def test_a_servers_request_is_answered_under_either_key(entries: dict[str, Entry], answered: bool) -> None:
    for login in ("linear", "mcp:linear"):
        request = LoginRequest("0" * 12, THREAD, Tenant(login), "mcp:linear", "", int(NOW))
        assert is_answered(request, entries, {}, ThreadRecords({}), NOW) is answered


async def test_a_request_of_a_clock_that_was_days_ahead_does_not_stay() -> None:
    store, clock = store_with_thread(), Clock(NOW + _WEEK)
    await requests_of(store, clock).ask("codex")
    clock.now = NOW

    assert not stored(store)
    assert (await requests_of(store, clock).ask("codex")).state == "asked"
    assert [request.asked_at for request in stored(store)] == [int(NOW)]


async def test_a_claim_of_a_clock_that_was_ahead_does_not_hold() -> None:
    store, clock = store_with_thread(), Clock(NOW + 3600)
    await requests_of(store, clock).ask("codex")
    (request,) = stored(store)
    assert store.update(lambda draft: claim_message(draft, request, clock.now))
    assert not store.update(lambda draft: claim_message(draft, request, clock.now))

    assert store.update(lambda draft: claim_message(draft, request, NOW))


async def test_nobody_claims_a_message_that_was_written_after_the_bot_had_looked() -> None:
    """A bot that is slow between its look and its claim wrote the message a second time."""
    store, clock = store_with_thread(), Clock()
    await requests_of(store, clock).ask("codex", "to test")
    (seen,) = stored(store)
    message = RequestMessage(70, 1, "to test", int(NOW))
    assert store.update(lambda draft: claim_message(draft, seen, NOW))
    store.update(lambda draft: note_message(draft, seen, message, ""))

    assert not store.update(lambda draft: claim_message(draft, seen, NOW))

    (written,) = stored(store)
    assert store.update(lambda draft: claim_message(draft, written, NOW))
    store.update(lambda draft: note_message(draft, written, message._replace(reason="to deploy"), ""))
    assert not store.update(lambda draft: claim_message(draft, written, NOW))


async def test_times_of_a_clock_that_was_ahead_are_forgotten() -> None:
    store, clock = store_with_thread(), Clock(NOW + _WEEK)
    await requests_of(store, clock).ask("codex")
    (request,) = stored(store, clock.now)
    store.update(lambda draft: claim_message(draft, request, clock.now))
    clock.now = NOW
    await requests_of(store, clock).ask("claude")

    assert [key.partition(":")[0] for key in store.records(REQUESTS)] == ["request"]


async def test_a_waiting_agent_asks_as_soon_as_it_can() -> None:
    """openab starts an agent before the bot knows who started the thread."""
    store = MemoryStore()
    store.update(lambda draft: draft.threads.update({"policy:1": Policies(PERSONAL_ACCOUNTS)}))
    runtime = Runtime(store, offering(), clock=Clock(), environ={})
    async with runtime, TokenSource(runtime, thread=THREAD) as source:
        waiting = asyncio.create_task(source.get_valid("codex", wait=PATIENCE))
        await asyncio.sleep(0.1)
        assert not stored(store)
        store.update(lambda draft: draft.threads.update({"thread:7": SeenThread(1, 700, 70, ADA)}))
        await until(lambda: bool(stored(store)))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert [request.login for request in stored(store)] == ["codex@u41"]


async def test_an_agent_that_found_no_room_asks_when_there_is_some(caplog: pytest.LogCaptureFixture) -> None:
    store, clock = store_with_thread(), Clock()
    for vendor in ("claude", "copilot", "grok"):
        await requests_of(store, clock).ask(vendor)
    async with TokenSource(store, catalogue=offering(), clock=clock, thread=THREAD) as source:
        waiting = asyncio.create_task(source.get_valid("codex", wait=PATIENCE))
        await until(lambda: bool(caplog.records))
        (grok,) = (request for request in stored(store) if request.name == "grok")
        store.update(lambda draft: end_request(draft, grok))
        store.update(lambda draft: draft.update({"xai-oauth": token()}))
        await until(lambda: "codex" in {request.login for request in stored(store)})
        store.update(lambda draft: draft.update(codex=token()))

        assert (await waiting).value.reveal() == "at"
    assert ["already ask for 3 logins" in record.message for record in caplog.records] == [True]


async def test_a_cancelled_wait_ends_at_once_and_keeps_the_request() -> None:
    store = store_with_thread()
    async with TokenSource(store, catalogue=offering(), clock=Clock(), thread=THREAD) as source:
        for _ in range(20):
            waiting = asyncio.create_task(source.get_valid("codex", wait=900))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(waiting, 5)

    assert len(OpenRequests(store.records(REQUESTS), NOW).all()) <= 1
