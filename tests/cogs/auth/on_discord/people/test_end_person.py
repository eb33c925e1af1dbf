"""A listed operator ends everything of one person with a button in the status; nobody else can, at no press."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.text.language import languages
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in, replay
from tests.cogs.auth.on_discord.discord_bot import ROLE, running
from tests.cogs.auth.on_discord.people.people_logins import AuditLines, ask, end_button, labels
from tests.cogs.auth.service.service_logins import Start, Stored

REFUSED = "Only operators who are listed"
KEY = "0" * 10


@pytest.fixture
async def bobs(bot: commands.Bot, bob: Person, issuer: Issuer) -> str:
    """Return the key of Bob's own login; he has a shared login and a login in progress, too."""
    for account in ("shared", "me"):
        await log_in(bob, issuer, account)
    await (await bob.slash("auth login", vendor="second")).settled()
    return f"lab@u{bob.id}"


async def test_the_question_names_all_that_ends_and_the_answer_ends_it(
    bobs: str, ada: Person, bob: Person, issuer: Issuer, stored: Stored, audited: AuditLines
) -> None:
    question = await ask(ada, bob)
    asked = question.content
    await ada.press(question, "Remove everything here")
    await question.wait_for(lambda shown: "has ended" in shown.content)

    assert f"<@{bob.id}>" in asked
    assert "The Lab (personal) (bob@example.com)" in asked
    assert "The Lab: a login that is not finished yet" in asked
    assert "Shared logins stay" in asked
    assert "The login to The Lab (personal) is removed here" in question.content
    assert "One unfinished login is cancelled" in question.content
    assert question.ephemeral
    assert list(stored()) == ["lab"]
    line = audited()[-1]
    assert (line["event"], line["user"], line["person"]) == ("end_person", str(ada.id), str(bob.id))
    assert (line["outcome"], line["logins"], line["pending"]) == ("ok", [bobs], ["second"])
    assert not issuer.requests("/revoke")


async def test_it_revokes_at_the_vendors_what_no_login_of_others_shares(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    await log_in(bob, issuer, "me")
    await log_in(bob, issuer, "me", "second", address="bob@second.example")
    behind = "bob@example.com"  # the account of Bob's own login
    asked_first = await log_in(ada, issuer, address=behind)
    await ada.press(asked_first, "Store it here, too")
    again = await asked_first.wait_for(lambda shown: shown.link_buttons)
    await (await ada.slash("auth complete", redirect=await issuer.approve(again.link_buttons[0], behind))).settled()

    question = await ask(ada, bob)
    asked = question.content
    await ada.press(question, "Also revoke at the vendors")
    await question.wait_for(lambda shown: "has ended" in shown.content)

    assert "also stored for others: The Lab (personal)" in asked
    assert list(stored()) == ["lab"]
    assert [family.revoked for family in issuer.families] == [False, True, False, False]


@pytest.mark.parametrize("answer", ["Remove everything here", "Also revoke at the vendors"])
async def test_a_question_that_has_changed_is_asked_again(
    answer: str, bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    await log_in(bob, issuer, "me")
    question = await ask(ada, bob)
    await log_in(bob, issuer, "me")  # once more
    before = stored()

    await ada.press(question, answer)
    await question.wait_for(lambda shown: "Something has changed" in shown.content)

    assert stored() == before
    assert not issuer.requests("/revoke")
    await ada.press(question, answer)
    await question.wait_for(lambda shown: "had here has ended" in shown.content)
    assert not stored()


async def test_a_second_press_finds_nothing_and_keeping_changes_nothing(
    bobs: str, ada: Person, bob: Person, world: EmbeddedDiscord, bot: commands.Bot, stored: Stored
) -> None:
    kept, question = await ask(ada, bob), await ask(ada, bob)
    before = stored()
    await ada.press(kept, "Keep everything")
    await kept.wait_for(lambda shown: "Nothing was changed" in shown.content)
    assert stored() == before
    (custom_id,) = [each["custom_id"] for each in question.components if ":here:" in each.get("custom_id", "")]

    await ada.press(question, "Remove everything here")
    await question.wait_for(lambda shown: "has ended" in shown.content)
    again = await replay(world, bot, ada, custom_id)

    assert isinstance(again, ShownResponse)
    await again.wait_for(lambda shown: "There is nothing of this person here" in shown.content)


@pytest.mark.parametrize("who", ["mallory", "bob"])
@pytest.mark.parametrize("custom_id", ["auth:person:{person}", "auth:person-end:revoke:{key}:{person}"])
async def test_a_replayed_button_refuses_everybody_else(
    who: str,
    custom_id: str,
    bobs: str,
    world: EmbeddedDiscord,
    bot: commands.Bot,
    bob: Person,
    stored: Stored,
    audited: AuditLines,
) -> None:
    """Also the person whose logins they are: `/auth logout` is for that."""
    person, before = world.person(who, roles=(ROLE,)), stored()

    told = await replay(world, bot, person, custom_id.format(person=bob.id, key=KEY))

    assert isinstance(told, ShownResponse)
    await told.wait_for(lambda shown: REFUSED in shown.content)
    assert stored() == before
    assert (audited()[-1]["event"], audited()[-1]["outcome"]) == ("end_person", "not_allowed")


async def test_an_operator_is_checked_again_at_each_press(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person, bob: Person, issuer: Issuer,
    stored: Stored,
) -> None:  # fmt: skip
    async with running(world, start(settings)):
        await log_in(bob, issuer, "me")
        question = await ask(ada, bob)
        before = stored()
    no_more = replace(settings, operators=frozenset(), allowed_users=frozenset({UserId(ada.id)}))
    async with running(world, start(no_more)):
        await ada.press(question, "Remove everything here")
        await question.wait_for(lambda shown: REFUSED in shown.content)

    assert stored() == before


async def test_the_button_works_after_a_restart_and_in_chinese(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, mei: Person, bob: Person, issuer: Issuer,
    stored: Stored,
) -> None:  # fmt: skip
    async with running(world, start(settings)):
        await log_in(bob, issuer, "me")
        status = await (await mei.slash("auth status")).settled()
    async with running(world, start(settings)):
        question = await mei.press(status, f"結束 {bob.id} 的一切")
        assert isinstance(question, ShownResponse)
        await question.settled()
        asked = question.content
        await mei.press(question, languages()["zh-TW"].label("button-remove-all"))
        await question.wait_for(lambda shown: "的一切都已結束" in shown.content)

    assert f"要結束 <@{bob.id}> 在這裡的一切嗎" in asked
    assert not stored()


class TestWhoSeesTheButton:
    @pytest.fixture
    def settings(self, ada: Person, eve: Person) -> DiscordSettings:
        """Eve may log in; without `operators`, Ada counts as an operator for shared logins only."""
        return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}), allow_all_users=True)

    @pytest.fixture
    async def listed(
        self, world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person
    ) -> AsyncIterator[commands.Bot]:
        async with running(world, start(replace(settings, operators=frozenset({ada.id})))) as bot:
            yield bot

    async def test_a_listed_operator_beside_the_logins_of_others(
        self, listed: commands.Bot, ada: Person, bob: Person, eve: Person, issuer: Issuer
    ) -> None:
        for person in (ada, bob):
            await log_in(person, issuer, "me")
        shown = [await (await person.slash("auth status")).settled() for person in (ada, bob, eve)]

        assert [[one for one in labels(each) if "everything" in one] for each in shown] == [[end_button(bob)], [], []]

    async def test_nobody_where_no_operator_is_listed(
        self, bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
    ) -> None:
        await log_in(bob, issuer, "me")
        shown = await (await ada.slash("auth status")).settled()
        await asyncio.sleep(0)

        assert end_button(bob) not in labels(shown)
