"""Login messages after their end: cancelled, denied, expired, or replaced by a newer link."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from tests.cogs.auth.on_discord.discord_bot import PASTE, begin, form, running
from tests.cogs.auth.service.service_logins import Start, Stored
from tests.support.patience import PATIENCE


async def test_an_old_cancel_button_and_an_old_form_leave_a_newer_login(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    older = await begin(ada)
    status = await (await ada.slash("auth status")).settled()
    opened = await form(ada, older)
    newer = await begin(ada)
    redirect = await issuer.approve(newer.link_buttons[0])

    pressed = await ada.press(status, "Cancel The Lab")
    assert isinstance(pressed, ShownResponse)
    await status.wait_for(lambda shown: "No login is waiting for this" in shown.content)
    assert "No login is waiting for this" in (await (await opened.submit(redirect)).settled()).content
    assert "Logged in" in (await (await (await form(ada, newer)).submit(redirect)).settled()).content


async def test_cancel_edits_the_login_message_and_the_old_button_is_answered(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    opened = await form(ada, login)
    assert "is cancelled" in (await (await ada.slash("auth cancel")).settled()).content
    await login.wait_for(lambda shown: "is cancelled" in shown.content and not shown.components)
    assert "No login" in (await (await opened.submit(redirect)).settled()).content


async def test_a_newer_link_takes_the_older_ones_message_back(bot: commands.Bot, ada: Person) -> None:
    older = await begin(ada)
    await begin(ada)
    await older.wait_for(lambda shown: "There is a newer link" in shown.content and not shown.components)


async def test_a_denied_login_ends_and_its_message_says_so(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    denied = await issuer.deny(login.link_buttons[0])
    answer = await (await (await form(ada, login)).submit(denied)).settled()
    assert "It said: the person pressed Deny" in answer.content
    await login.wait_for(lambda shown: not shown.link_buttons)
    assert answer.message is login.message
    again = await ada.press(answer, "Get a new link")
    assert isinstance(again, ShownResponse)
    assert (await again.settled()).link_buttons
    assert again.ephemeral


async def test_a_denial_that_comes_by_command_or_dm_ends_the_login_message_too(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    for how in ("command", "dm"):
        login = await begin(ada)
        denied = await issuer.deny(login.link_buttons[0])
        if how == "command":
            await ada.slash("auth complete", redirect=denied)
        else:
            await ada.send_dm(denied)
        await login.wait_for(lambda shown: not shown.link_buttons)


async def test_of_two_links_asked_for_at_once_one_stays_and_the_other_says_so(bot: commands.Bot, ada: Person) -> None:
    asked = await asyncio.gather(*(ada.slash("auth login", vendor="lab") for _ in range(2)))

    def open_links() -> int:
        return sum(bool(each.link_buttons) for each in asked)

    async with asyncio.timeout(PATIENCE):
        while open_links() != 1 or any("newer link" not in each.content for each in asked if not each.link_buttons):
            await asyncio.sleep(0.02)


async def test_the_status_drops_a_pending_login_and_then_shows_what_is_left(
    bot: commands.Bot, ada: Person, bob: Person
) -> None:
    login = await begin(ada)
    await begin(bob, "second")
    status = await (await ada.slash("auth status")).settled()
    await ada.press(status, "Cancel The Lab")
    await status.wait_for(lambda shown: not shown.components)
    assert "waits for your paste" not in status.content
    await login.wait_for(lambda shown: "is cancelled" in shown.content)
    theirs = await (await bob.slash("auth status")).settled()
    assert [part["label"] for part in theirs.components] == ["Cancel The Lab"]


async def test_a_cancel_button_drops_only_what_the_person_who_presses_it_began(
    bot: commands.Bot, ada: Person, bob: Person
) -> None:
    await begin(ada)
    await begin(bob)
    status = await (await ada.slash("auth status")).settled()
    await (await ada.slash("auth cancel", vendor="lab")).settled()
    await ada.press(status, "Cancel The Lab")
    await status.wait_for(lambda shown: "No login is waiting" in shown.content)
    theirs = await (await bob.slash("auth status")).settled()
    assert [part["label"] for part in theirs.components] == ["Cancel The Lab"]


async def test_the_button_of_a_link_that_expired_during_a_restart_says_so(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, clock: SimpleNamespace
) -> None:
    clock.ahead = -899.5  # what is begun now ends within a second of the real time
    async with running(world, start(settings)):
        login = await begin(ada)
    await asyncio.sleep(1)
    async with running(world, start(settings)):
        pressed = await ada.press(login, PASTE)
        assert isinstance(pressed, ShownResponse)
        assert "has expired" in (await pressed.settled()).content
        assert pressed.message is login.message
        assert pressed.ephemeral


async def test_the_login_message_is_edited_when_its_time_is_over(bot: commands.Bot, ada: Person) -> None:
    cog = bot.get_cog("openab-auth")
    assert isinstance(cog, Auth)
    cog.desk._cards._editable = 0.05
    login = await begin(ada)
    await login.wait_for(lambda shown: "has expired" in shown.content)
    assert [part["label"] for part in login.components] == ["Get a new link"]
