"""Before one vendor account is stored under a second label, the person is asked; nobody learns whose login is there."""

from __future__ import annotations

import asyncio

from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.text.language import english, languages
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import form, running
from tests.cogs.auth.service.service_logins import Log, Start, Stored

TEAM = "team@example.com"
YES = english().say("button-beside")
KEEP = english().say("button-keep")


async def agree(person: Person, asked: ShownResponse, issuer: Issuer, label: str = YES) -> None:
    await person.press(asked, label)
    again = await asked.wait_for(lambda shown: shown.link_buttons)
    await (await person.slash("auth complete", redirect=await issuer.approve(again.link_buttons[0], TEAM))).settled()


async def test_a_second_label_is_asked_about_and_stored_after_a_yes(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    await log_in(ada, issuer, "shared", address=TEAM)
    before = stored()

    asked = await log_in(ada, issuer, "work", address=TEAM)

    assert "Your login to The Lab (work) was not stored" in asked.content
    assert "already stored as The Lab." in asked.content
    assert stored() == before
    assert audited()[-1]["outcome"] == "account_stored"
    await agree(ada, asked, issuer)
    assert f"Logged in to The Lab (work) as {TEAM}" in asked.content
    assert sorted(stored()) == ["lab", "lab@work"]


async def test_keeping_it_changes_nothing(bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored) -> None:
    await log_in(ada, issuer, "shared", address=TEAM)
    asked = await log_in(ada, issuer, "me", address=TEAM)

    await ada.press(asked, KEEP)

    await asked.wait_for(lambda shown: shown.content == "Nothing was changed." and not shown.components)
    assert list(stored()) == ["lab"]


async def test_after_a_direct_message_the_card_asks(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    await log_in(ada, issuer, "shared", address=TEAM)
    card = await (await ada.slash("auth login", vendor="lab", account="work")).settled()

    assert await ada.send_dm(await issuer.approve(card.link_buttons[0], TEAM))

    assert "already stored as The Lab." in card.content
    await agree(ada, card, issuer)
    assert sorted(stored()) == ["lab", "lab@work"]


async def test_after_a_form_the_card_asks_in_the_persons_language(
    bot: commands.Bot, ada: Person, mei: Person, issuer: Issuer, stored: Stored
) -> None:
    await log_in(ada, issuer, "shared", address=TEAM)
    card = await (await mei.slash("auth login", vendor="lab", account="work")).settled()

    opened = await mei.press(card, languages()["zh-TW"].say("button-paste"))
    assert isinstance(opened, Modal)
    await (await opened.submit(await issuer.approve(card.link_buttons[0], TEAM))).settled()

    assert "存為 The Lab。" in card.content
    await agree(mei, card, issuer, languages()["zh-TW"].say("button-beside"))
    assert sorted(stored()) == ["lab", "lab@work"]


async def test_another_persons_own_login_is_neither_named_nor_called_personal(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    """Ada has just signed in to this account, so she may know that it is in use here, and nothing more."""
    await log_in(bob, issuer, "me", address=TEAM)

    hidden = await log_in(ada, issuer, "shared", address=TEAM)
    assert "already stored under another login here" in hidden.content
    assert "personal" not in hidden.content
    assert str(bob.id) not in hidden.content + str(hidden.components)
    await agree(ada, hidden, issuer)
    own = await log_in(ada, issuer, "me", address=TEAM)

    assert "already stored as The Lab." in own.content
    assert str(bob.id) not in own.content + str(own.components)
    assert sorted(stored()) == sorted(["lab", f"lab@u{bob.id}"])


async def test_ones_own_login_is_named(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    await log_in(ada, issuer, "me", address=TEAM)

    asked = await log_in(ada, issuer, "shared", address=TEAM)

    assert "already stored as The Lab (personal)." in asked.content


async def test_the_button_works_after_a_restart_and_for_these_logins_alone(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)):
        await log_in(ada, issuer, "shared", address=TEAM)
        asked = await log_in(ada, issuer, "work", address=TEAM)

    async with running(world, start(settings)):
        await log_in(ada, issuer, "shared", address=TEAM)  # another login than that of the question
        await agree(ada, asked, issuer)
        assert "already stored as The Lab." in asked.content
        assert list(stored()) == ["lab"]
        await agree(ada, asked, issuer)

    assert sorted(stored()) == ["lab", "lab@work"]


async def test_two_questions_about_one_login_are_each_asked_once(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    """Ada may replace Bob's login under this label, and store an account twice."""
    await log_in(ada, issuer, "shared", address=TEAM)
    await log_in(bob, issuer, "work")
    card = await (await ada.slash("auth login", vendor="lab", account="work")).settled()
    assert f"<@{bob.id}> is logged in to The Lab (work)" in card.content
    await ada.press(card, "Replace that login")
    link = (await card.wait_for(lambda shown: shown.link_buttons)).link_buttons[0]
    await (await (await form(ada, card)).submit(await issuer.approve(link, TEAM))).settled()
    assert "already stored as The Lab." in card.content

    await agree(ada, card, issuer)

    assert f"Logged in to The Lab (work) as {TEAM}" in card.content
    assert "It replaces the login of bob@example.com" in card.content


async def test_two_labels_at_the_same_time_are_never_stored_unasked(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    cards = await asyncio.gather(log_in(ada, issuer, "work", address=TEAM), log_in(bob, issuer, "team", address=TEAM))

    assert len(stored()) == 1
    assert ["was not stored" in card.content for card in cards].count(True) == 1
