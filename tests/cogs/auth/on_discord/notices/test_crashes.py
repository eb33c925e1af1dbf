"""A bot that stops between the claim, the message and the mark loses no notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth import replies
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.notices import login_notices
from openab_auth.cogs.auth.service import Notices
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.notices import changes
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.notices.notices_seen import End, first_news, log_in, news
from tests.support.patience import until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_CLAIM", 1)


async def _hang(reached: asyncio.Event) -> NoReturn:
    reached.set()
    await asyncio.Event().wait()
    raise AssertionError


def _stop_before_claim(patch: pytest.MonkeyPatch, reached: asyncio.Event) -> None:
    async def claim(*_: object) -> NoReturn:
        await _hang(reached)

    patch.setattr(Notices, "claim", claim)


def _stop_after_claim(patch: pytest.MonkeyPatch, reached: asyncio.Event) -> None:
    async def send(*_: object, **__: object) -> NoReturn:
        await _hang(reached)

    patch.setattr(login_notices, "send", send)


def _stop_while_sending(patch: pytest.MonkeyPatch, reached: asyncio.Event) -> None:
    async def send_and_hang(*words: Any, **options: Any) -> NoReturn:
        await replies.send(*words, **options)
        await _hang(reached)

    patch.setattr(login_notices, "send", send_and_hang)


def _stop_before_mark(patch: pytest.MonkeyPatch, reached: asyncio.Event) -> None:
    async def note_told(*_: object) -> NoReturn:
        await _hang(reached)

    patch.setattr(Notices, "note_told", note_told)


@pytest.mark.parametrize("stop", [_stop_before_claim, _stop_after_claim, _stop_while_sending, _stop_before_mark])
async def test_a_bot_that_stops_at_any_step_loses_no_notice(
    stop: Callable[[pytest.MonkeyPatch, asyncio.Event], None],
    world: EmbeddedDiscord,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
    bob: Person,
    issuer: Issuer,
    end: End,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reached = asyncio.Event()
    with monkeypatch.context() as patch:
        stop(patch, reached)
        async with running(world, start(settings)):
            await log_in(bob, issuer)
            await end()
            await until(reached.is_set)
    async with running(world, start(settings)):
        await first_news(world, bob)
        await asyncio.sleep(1.5)

    assert len(news(world, bob)) == 1  # Discord takes a nonce once
