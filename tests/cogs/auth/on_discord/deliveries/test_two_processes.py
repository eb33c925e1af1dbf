"""Two processes of one bot: Discord delivers each interaction and message to both, and people see one answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.cogs.auth.text.language import english
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Log, Stored
from tests.support.patience import until


@pytest.fixture
async def other(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    service: AuthService,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
) -> AsyncIterator[AuthService]:
    """Run the second process; the first one has the lease."""
    await until(lambda: service.posting.is_held)
    other = start(settings)
    async with running(world, other):
        await until(lambda: other.posting.is_elsewhere)
        yield other


async def test_each_step_of_a_login_happens_once(
    other: AuthService,
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    stored: Stored,
    audited: Log,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await ada.complete_option("auth login", "vendor", "la")
        login = await begin(ada)
        redirect = await issuer.approve(login.link_buttons[0])
        done = await (await (await form(ada, login)).submit(redirect)).settled()
        await done.wait_for(lambda shown: "Logged in to" in shown.content)
        question = await (await ada.slash("auth logout", vendor="lab")).settled()
        await ada.press(question, english().label("button-remove"))
        await until(lambda: not stored() and len(audited()) > 2)

    callbacks = [one for one in world.requests if one.path.endswith("/callback")]
    await until(lambda: len([one for one in callbacks if one.status == 400]) == len(callbacks) / 2)
    assert [line["event"] for line in audited()] == ["login", "complete", "logout"]
    assert not [record.getMessage() for record in caplog.records if "acknowledge" in record.message.lower()]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_paste_in_a_direct_message_is_answered_once(
    other: AuthService, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    login = await begin(ada, where="dm")
    await ada.send_dm("code=abc&state=def")  # of no login
    await until(lambda: len(audited()) == 3)  # both have looked at it, and Discord shows the first answer alone
    wrong = [message for message in ada.view("dm") if "delete" in str(message)]
    await ada.send_dm(await issuer.approve(login.link_buttons[0]))
    await until(lambda: "lab" in stored())

    assert len(wrong) == 1
    assert [line["outcome"] for line in audited() if line["event"] == "complete"].count("ok") == 1


async def test_the_second_process_takes_a_paste_when_the_first_is_gone(
    other: AuthService, service: AuthService, bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    """Nobody has noticed yet that it is gone: its lease has not lapsed."""
    login = await begin(ada, where="dm")
    bot.remove_listener(bot.get_cog("openab-auth").on_message)  # type: ignore[union-attr]  # it is loaded
    await bot.ws.close()

    await ada.send_dm(await issuer.approve(login.link_buttons[0]))

    assert other.posting.is_elsewhere
    await until(lambda: "lab" in stored())


async def test_a_link_that_nobody_would_see_is_not_made(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, store_path: object
) -> None:
    """It would replace the link that the person has, perhaps from another process."""
    first = await begin(ada)
    redirect = await issuer.approve(first.link_buttons[0])
    world.faults.next("callback", status=404, code=10062)
    await ada.slash("auth login", vendor="lab")
    done = await (await (await form(ada, first)).submit(redirect)).settled()
    await done.wait_for(lambda shown: "Logged in to" in shown.content)
