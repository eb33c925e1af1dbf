"""Questions before a login is replaced or ended: an answer applies only to the login in the question."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.text.language import english, languages
from openab_auth.storage import Draft, FileStore, Note, Secret, TokenEntry, UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.service.service_logins import Log, Start, Stored
from tests.support.patience import until


async def test_replacing_another_persons_login_asks_and_says_whose_it_is(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    assert f"<@{ada.id}>" in asked.content
    assert not asked.link_buttons
    await bob.press(asked, english().say("button-replace"))
    await asked.wait_for(lambda shown: shown.link_buttons)
    redirect = await issuer.approve(asked.link_buttons[0], "bob@example.com")
    await (await bob.slash("auth complete", redirect=redirect)).settled()
    assert "bob@example.com" in asked.content


async def test_a_yes_is_for_the_login_that_was_asked_about_and_for_no_later_one(
    bot: commands.Bot, ada: Person, bob: Person, mei: Person, issuer: Issuer, clock: SimpleNamespace
) -> None:
    """The buttons of a question still work after its login is gone."""
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    assert f"<@{ada.id}>" in asked.content
    clock.ahead = 5.0
    hers = await begin(mei)
    await mei.press(hers, languages()["zh-TW"].say("button-replace"))
    link = (await hers.wait_for(lambda shown: shown.link_buttons)).link_buttons[0]
    await (await mei.slash("auth complete", redirect=await issuer.approve(link))).settled()

    await bob.press(asked, english().say("button-replace"))
    await asked.wait_for(lambda shown: f"<@{mei.id}>" in shown.content)
    assert not asked.link_buttons
    await bob.press(asked, english().say("button-replace"))
    assert await asked.wait_for(lambda shown: shown.link_buttons)


async def test_keeping_another_persons_login_changes_nothing(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    await bob.press(asked, "Keep it")
    await asked.wait_for(lambda shown: shown.content == "Nothing was changed." and not shown.components)


@pytest.mark.parametrize(("button", "revoked"), [("Remove it here", 0), ("Also revoke it at the vendor", 1)])
async def test_logout_asks_what_shall_end_and_does_just_that(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, button: str, revoked: int
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await (await ada.slash("auth logout", vendor="lab")).settled()
    assert "lab" in stored()
    await ada.press(asked, button)
    await asked.wait_for(lambda shown: "removed here" in shown.content)
    assert "lab" not in stored()
    assert len(issuer.requests("/revoke")) == revoked


async def test_the_logout_question_names_accounts_as_people_know_them(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    await log_in(ada, issuer, "one", address="team@lab")
    asked = await log_in(ada, issuer, "two", address="team@lab")
    await ada.press(asked, "Store it here, too")
    await asked.wait_for(lambda shown: bool(shown.link_buttons))
    paste = await issuer.approve(asked.link_buttons[0], "team@lab")
    await (await ada.slash("auth complete", redirect=paste)).settled()

    question = await (await ada.slash("auth logout", vendor="lab", account="one")).settled()

    assert "is also stored as The Lab (two)" in question.content


@pytest.mark.parametrize("button", ["Remove it here", "Also revoke it at the vendor"])
@pytest.mark.parametrize("notes", ["kept", "lost"])
async def test_an_old_question_ends_no_login_that_came_after_it(
    world: EmbeddedDiscord,
    ada: Person,
    bob: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    store_path: Path,
    button: str,
    notes: str,
) -> None:
    """Ada was asked about her own login. Bob replaced it in the same second, and the bot restarted."""
    async with running(world, start(settings)):
        login = await begin(ada)
        await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
        question = await (await ada.slash("auth logout", vendor="lab")).settled()
        asked = await begin(bob)
        await bob.press(asked, "Replace that login")
        link = (await asked.wait_for(lambda shown: shown.link_buttons)).link_buttons[0]
        await (await bob.slash("auth complete", redirect=await issuer.approve(link, "bob@example.com"))).settled()
    if notes == "lost":
        store_path.with_name("auth.json.notes").unlink()
    stands = stored()["lab"]

    async with running(world, start(settings)):
        await ada.press(question, button)
        await question.wait_for(lambda shown: "has changed since I asked you" in shown.content and not shown.components)

    assert stored()["lab"] == stands
    assert not issuer.requests("/revoke")


@pytest.mark.parametrize(
    ("another", "says"),
    [(True, "Somebody made a newer login to The Lab in the meantime"), (False, "There was no login to The Lab")],
)
async def test_a_logout_that_removes_nothing_says_what_is_left_and_revoked(
    bot: commands.Bot, ada: Person, issuer: Issuer, store_path: Path, another: bool, says: str
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await (await ada.slash("auth logout", vendor="lab")).settled()
    answer = asyncio.Event()
    issuer.faults.next("/revoke", until=answer)
    pressing = asyncio.create_task(ada.press(asked, "Also revoke it at the vendor"))
    await until(lambda: bool(issuer.requests("/revoke")))

    def meanwhile(draft: Draft) -> None:
        draft["lab"] = TokenEntry(Secret("at"), Secret("rt"), 4_000_000_000, issuer.token_url, "lab")
        draft.notes["lab"] = Note(logged_in_by=UserId(5), logged_in_at=1)
        if not another:
            del draft["lab"]

    await asyncio.to_thread(FileStore(store_path).update, meanwhile)
    answer.set()
    await pressing

    await asked.wait_for(lambda shown: says in shown.content)
    assert "revoked at the vendor" in asked.content
    assert "was not told" not in asked.content


async def test_a_dms_paste_that_replaces_another_persons_login_asks_first(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, clock: SimpleNamespace
) -> None:
    """Ada and Bob both began; Bob finished first, so Ada's login would replace a login that she never saw."""
    hers, his = await begin(ada), await begin(bob)
    clock.ahead = 5.0
    redirect = await issuer.approve(his.link_buttons[0], "bob@example.com")
    await (await bob.slash("auth complete", redirect=redirect)).settled()
    assert "bob@example.com" in his.content
    (told,) = await ada.send_dm(await issuer.approve(hers.link_buttons[0]))
    assert "delete your message" in told.text
    assert f"<@{bob.id}> is logged in to The Lab" in hers.content
    await ada.press(hers, "Replace that login")
    assert (await hers.wait_for(lambda shown: shown.link_buttons)).link_buttons


async def test_a_login_that_came_too_late_is_not_stored_and_the_person_is_asked(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, clock: SimpleNamespace, audited: Log
) -> None:
    hers, his = await begin(ada), await begin(bob)
    clock.ahead = 5.0
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    late = await ada.slash("auth complete", redirect=await issuer.approve(hers.link_buttons[0]))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    redirect = await issuer.approve(his.link_buttons[0], "bob@example.com")
    await (await bob.slash("auth complete", redirect=redirect)).settled()
    answer.set()

    assert (await late.settled()).deleted
    assert "Your login to The Lab was not stored" in hers.content
    assert f"<@{bob.id}> is logged in to The Lab" in hers.content
    assert ("complete", str(ada.id), "login_overtaken") in [
        (line["event"], line["user"], line["outcome"]) for line in audited()
    ]
    await ada.press(hers, "Replace that login")
    again = await hers.wait_for(lambda shown: shown.link_buttons)
    await (await ada.slash("auth complete", redirect=await issuer.approve(again.link_buttons[0]))).settled()
    assert "It replaces the login of bob@example.com" in hers.content
