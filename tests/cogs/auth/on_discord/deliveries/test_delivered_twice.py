"""An interaction or message that Discord delivers twice is handled once, and its answer does not change."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import discord
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard import deliveries
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.cogs.auth.text.language import english
from openab_auth.cogs.auth.views import ALL_BUTTONS
from openab_auth.cogs.auth.views.buttons import AuthButton
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Log, Stored
from tests.support.patience import PATIENCE

OF_AN_INTERACTION = ("CommandTree-invoker", "discord-ui-", "discord.py: on_interaction")  # how discord.py names them


@pytest.fixture
def ada(world: EmbeddedDiscord) -> Person:
    return world.person("ada")


@pytest.fixture
def settings(ada: Person) -> DiscordSettings:
    return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}))


@pytest.fixture
async def twice(world: EmbeddedDiscord, service: AuthService) -> AsyncIterator[Callable[[], Any]]:
    """Run a bot; return a function that delivers the last interaction again and waits until the bot is idle."""
    async with running(world, service) as bot:
        seen: list[dict[str, Any]] = []
        parsers = bot._connection.parsers
        deliver = parsers["INTERACTION_CREATE"]

        def keep(data: Any) -> None:
            seen.append(copy.deepcopy(data))
            deliver(data)

        parsers["INTERACTION_CREATE"] = keep
        parsers["MESSAGE_CREATE"] = partial(_in_pairs, parsers["MESSAGE_CREATE"])

        async def again() -> None:
            before = asyncio.all_tasks()
            deliver(copy.deepcopy(seen[-1]))
            answering = [task for task in asyncio.all_tasks() - before if task.get_name().startswith(OF_AN_INTERACTION)]
            assert answering
            await asyncio.wait(answering, timeout=PATIENCE)

        yield again


def _in_pairs(deliver: Callable[[Any], None], data: Any) -> None:
    deliver(copy.deepcopy(data))
    deliver(data)


async def test_a_paste_in_a_direct_message(twice: Callable[[], Any], ada: Person, issuer: Issuer, audited: Log) -> None:
    login = await begin(ada, where="dm")
    await ada.send_dm(await issuer.approve(login.link_buttons[0]))
    await ada.send_dm("code=abc&state=def")  # which is answered last
    assert json.dumps(ada.view("dm")).count("Logged in to") == 1
    assert [line["event"] for line in audited()] == ["login", "complete", "complete"]


async def test_a_form(twice: Callable[[], Any], ada: Person, issuer: Issuer, stored: Stored) -> None:
    login = await begin(ada)
    done = await (await (await form(ada, login)).submit(await issuer.approve(login.link_buttons[0]))).settled()
    said, there = done.content, stored()
    assert "Logged in" in said
    await twice()
    assert done.content == said
    assert stored() == there


async def test_a_command(twice: Callable[[], Any], ada: Person, stored: Stored) -> None:
    login = await begin(ada)
    said, there = login.content, stored()
    await twice()
    assert login.content == said
    assert stored() == there


async def test_a_button_that_ends_a_login(twice: Callable[[], Any], ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    await (await (await form(ada, login)).submit(await issuer.approve(login.link_buttons[0]))).settled()
    question = await (await ada.slash("auth logout", vendor="lab")).settled()
    await ada.press(question, english().label("button-remove"))
    await question.wait_for(lambda shown: "is removed here" in shown.content)
    said = question.content
    await twice()
    assert question.content == said


def test_every_button_answers_a_press_once() -> None:
    assert all(issubclass(button, AuthButton) for button in ALL_BUTTONS)


def test_no_more_deliveries_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "_MOST", 2)
    remembered = deliveries.Deliveries()
    taken = [remembered.take(discord.Object(number)) for number in (1, 1, 2, 3, 3, 1)]  # type: ignore[arg-type]
    assert taken == [True, False, True, True, False, True]
