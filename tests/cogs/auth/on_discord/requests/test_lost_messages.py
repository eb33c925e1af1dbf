"""Messages that are gone, threads that are archived or deleted, stores that cannot be written, and endless reasons."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service import requests as service_requests
from openab_auth.cogs.auth.service.posting_lease import PostingLease
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.requests import LoginRequests
from openab_auth.storage import REQUESTS, FileStore, LoginRequest, StoreUnwritableError, ThreadId
from openab_auth.storage.records.requests import WrittenMessages, messages_key
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.requests.requests_seen import finish, in_thread, open_requests, press
from tests.support.patience import until


@pytest.fixture
def store(store_path: Path) -> FileStore:
    return FileStore(store_path)


def is_written(store_path: Path) -> bool:
    """Return whether the message about the only request is written and noted."""
    return [request.message is None for request in open_requests(store_path)] == [False]


def asked_long_ago(store: FileStore) -> None:
    """Let the only request and its message be 400 seconds older."""
    ((key, request),) = ((k, one) for k, one in store.records(REQUESTS).items() if isinstance(one, LoginRequest))
    assert request.message is not None
    at = request.asked_at - 400
    earlier = request._replace(asked_at=at, message=request.message._replace(at=at))
    store.update(lambda draft: draft.records(REQUESTS).update({key: earlier}))


async def test_a_request_in_an_archived_thread_ends_with_the_login(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    asking: LoginRequests,
    bob: Person,
    issuer: Issuer,
    store_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Discord edits no message in an archived thread; the thread may stay archived for ever."""
    await asking.ask("lab")
    await until(lambda: is_written(store_path))
    world.faults.next("message", times=100, status=400, code=50083, message="Thread is archived")
    await log_in(bob, issuer)

    await until(lambda: not open_requests(store_path))
    assert len([each for each in caplog.records if "could not be ended" in each.message]) == 1


async def test_two_bots_that_believe_they_hold_the_lease_write_one_message(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    service: AuthService,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
    asking: LoginRequests,
    store_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One stood still and does not know it: it claims each request after the other one has written its message."""
    monkeypatch.setattr(PostingLease, "is_held", True)
    other, seen, late = start(settings), set[str](), list[bool]()
    claim, claim_later = service.requests.claim, other.requests.claim

    async def after_both_have_looked(request: LoginRequest) -> bool:
        await until(lambda: request.id in seen)
        return await claim(request)

    async def after_it_is_written(request: LoginRequest) -> bool:
        seen.add(request.id)
        await until(lambda: any(one.id == request.id and one.message for one in open_requests(store_path)))
        late.append(await claim_later(request))
        return late[-1]

    monkeypatch.setattr(service.requests, "claim", after_both_have_looked)
    monkeypatch.setattr(other.requests, "claim", after_it_is_written)
    async with running(world, other):
        await asking.ask("lab")
        await asking.ask("second")
        await until(lambda: len(late) == 2)

    posts = [one for one in world.requests if one.method == "POST" and one.path.endswith("/messages")]
    assert late == [False, False]
    assert len(posts) == 2
    assert len(in_thread(world)) == 2


async def test_a_bot_without_the_lease_neither_looks_nor_writes(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    service: AuthService,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
    asking: LoginRequests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await until(lambda: service.posting.is_held)
    other, looks = start(settings), list[object]()

    async def look(*about: object) -> tuple[()]:
        looks.append(about)
        return ()

    monkeypatch.setattr(other.requests, "due", look)
    monkeypatch.setattr(other.notices, "due", look)
    async with running(world, other):
        await asking.ask("lab")
        await until(lambda: len(in_thread(world)) == 1)
        assert not looks

        await service.posting.aclose()  # as a bot that is updated

        await until(lambda: len(looks) > 1)
        assert other.posting.is_held


class TestKickedBot:
    @pytest.fixture
    def settings(self, settings: DiscordSettings, world: EmbeddedDiscord) -> DiscordSettings:
        return replace(settings, operators_channel=int(world.state.text_channel_id))

    async def test_the_operators_are_asked_when_the_bot_has_lost_the_thread(
        self, world: EmbeddedDiscord, bot: commands.Bot, asking: LoginRequests, store: FileStore, store_path: Path
    ) -> None:
        await asking.ask("lab")
        await until(lambda: is_written(store_path))
        asked_long_ago(store)
        world.faults.next("message", times=2, status=403, code=50001, message="Missing Access")
        await asking.ask("lab")

        await until(lambda: len(in_thread(world)) == 2)
        assert in_thread(world)[1].channel_id == world.state.text_channel_id


async def test_a_message_that_was_deleted_is_written_again_when_asked_again(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    asking: LoginRequests,
    bob: Person,
    issuer: Issuer,
    store_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await asking.ask("lab", "to run the tests")
    await until(lambda: is_written(store_path))
    world.state.delete(in_thread(world)[0])
    await asyncio.sleep(2)
    assert not in_thread(world)  # nobody has asked again

    monkeypatch.setattr(service_requests, "EDIT_PAUSE", 0, raising=False)
    await asking.ask("lab", "to open the pull request")
    await until(lambda: len(in_thread(world)) == 1)
    (asked,) = in_thread(world)
    assert "to open the pull request" in asked.content
    await finish(bob, issuer, await press(bob, asked))
    await until(lambda: "has logged in" in asked.content)


async def test_asking_again_later_finds_a_message_that_was_deleted(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    asking: LoginRequests,
    store: FileStore,
    store_path: Path,
) -> None:
    await asking.ask("lab")
    await until(lambda: is_written(store_path))
    world.state.delete(in_thread(world)[0])
    asked_long_ago(store)
    await asking.ask("lab")

    await until(lambda: len(in_thread(world)) == 1)


async def test_reasons_without_end_are_few_edits(
    world: EmbeddedDiscord, bot: commands.Bot, asking: LoginRequests
) -> None:
    await asking.ask("lab", "attempt 0")
    await until(lambda: len(in_thread(world)) == 1)
    for number in range(30):
        await asking.ask("lab", f"attempt {number + 1}")
        await asyncio.sleep(0.1)

    edits = [seen for seen in world.requests if seen.method == "PATCH" and "/messages/" in seen.path]
    assert len(edits) <= 1
    assert len(in_thread(world)) == 1


async def test_a_deleted_thread_leaves_no_request(
    world: EmbeddedDiscord, bot: commands.Bot, asking: LoginRequests, store: FileStore
) -> None:
    await asking.ask("lab")
    await until(lambda: len(in_thread(world)) == 1)

    await world.delete_thread()

    await until(lambda: not store.records(REQUESTS))


async def test_a_thread_whose_ten_messages_are_written_costs_no_lock(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    service: AuthService,
    asking: LoginRequests,
    store: FileStore,
    thread: ThreadId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await asking.ask("lab")
    await until(lambda: len(in_thread(world)) == 1)
    (written,) = store.records(REQUESTS)[messages_key(thread)]  # type: ignore[misc]  # it is of this kind
    full = WrittenMessages(written * 10)
    store.update(lambda draft: draft.records(REQUESTS).update({messages_key(thread): full}))
    claims: list[object] = []
    claim = service.requests.claim

    async def counted(request: object) -> bool:
        claims.append(request)
        return await claim(request)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(service.requests, "claim", counted)
    await asking.ask("second")
    await asyncio.sleep(3)

    assert not claims
    assert len(in_thread(world)) == 1


async def test_a_store_that_cannot_be_written_is_logged_once(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    service: AuthService,
    asking: LoginRequests,
    store_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def full(_: object) -> bool:
        raise StoreUnwritableError(store_path, OSError(28, "No space left on device"))

    monkeypatch.setattr(service.requests, "claim", full)
    with caplog.at_level(logging.WARNING):
        await asking.ask("lab")
        await asyncio.sleep(4)

    assert len([each for each in caplog.records if "login request" in each.message]) == 1
    assert not in_thread(world)


async def test_records_that_cannot_be_read_are_logged_once_until_they_can(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    asking: LoginRequests,
    store_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    records = store_path.with_name("auth.json.requests")
    records.write_bytes(b"\xff")
    await asyncio.sleep(4)
    assert len([each for each in caplog.records if "could not look for logins" in each.message]) == 1

    records.write_text('{"request:7:lab": {"id": "000000000000", "thr')  # torn
    await asking.ask("lab")
    await until(lambda: len(in_thread(world)) == 1)
