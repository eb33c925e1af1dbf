"""People name an account in each command: the shared default, one more shared account, or their own."""

from __future__ import annotations

from typing import Any

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import Modal, Person
from openab_auth.bot.playground.issuer import Issuer
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import form
from tests.cogs.auth.service.service_logins import Log, Stored

TITLE = "The Lab（個人）"  # noqa: RUF001 - Chinese brackets


async def test_each_account_gets_a_login_of_its_own(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    cards = [await log_in(ada, issuer, account, address=f"{account}@lab") for account in ("shared", "work", "me")]

    assert sorted(stored()) == ["lab", f"lab@u{ada.id}", "lab@work"]
    assert [line["account"] for line in audited() if line["event"] == "complete"] == [
        "lab",
        "lab@work",
        f"lab@u{ada.id}",
    ]
    shared, work, own = (card.content for card in cards)
    assert "Logged in to The Lab as" in shared
    assert "Every agent here uses this login" in shared
    assert "Logged in to The Lab (work) as" in work
    assert "Agents use it where they name it" in work
    assert "Logged in to The Lab (personal) as" in own
    assert "your own account" in own


async def test_cards_say_the_account_in_the_persons_language(bot: commands.Bot, mei: Person, issuer: Issuer) -> None:
    own = await (await mei.slash("auth login", vendor="lab", account="me")).settled()
    assert f"登入 {TITLE}" in own.content

    opened = await mei.press(own, "在這裡貼上")
    assert isinstance(opened, Modal)
    done = await (await opened.submit(await issuer.approve(own.link_buttons[0]))).settled()

    assert f"已用 ada@example.com 登入 {TITLE}" in done.content
    assert "這是您自己的帳號" in done.content
    status = await (await mei.slash("auth status")).settled()
    assert f"**{TITLE}**" in status.content


async def test_the_form_of_each_card_finishes_its_own_account(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    work = await (await ada.slash("auth login", vendor="lab", account="work")).settled()
    shared = await (await ada.slash("auth login", vendor="lab")).settled()

    await (await (await form(ada, work)).submit(await issuer.approve(work.link_buttons[0]))).settled()

    assert sorted(each for each in stored() if not each.startswith("pending:")) == ["lab@work"]
    assert "Logged in to The Lab (work)" in work.content
    assert shared.link_buttons  # it still waits


@pytest.mark.parametrize("option", [{"vendor": "lab", "account": "work"}, {"account": "work"}, {"vendor": "lab@work"}])
async def test_cancel_ends_the_named_account_alone(
    bot: commands.Bot, ada: Person, stored: Stored, option: dict[str, Any]
) -> None:
    for account in ("work", "shared"):
        await (await ada.slash("auth login", vendor="lab", account=account)).settled()

    cancelled = await (await ada.slash("auth cancel", **option)).settled()

    assert "Your login to The Lab (work) is cancelled" in cancelled.content
    assert list(stored()) == [f"pending:lab:{ada.id}"]


async def test_cancel_of_an_account_that_waits_for_nothing_ends_nothing(
    bot: commands.Bot, ada: Person, stored: Stored
) -> None:
    await (await ada.slash("auth login", vendor="lab")).settled()

    told = await (await ada.slash("auth cancel", account="work")).settled()

    assert "No login is waiting" in told.content
    assert list(stored()) == [f"pending:lab:{ada.id}"]


async def test_logout_and_status_are_about_the_named_account(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    for account in ("shared", "work"):
        await log_in(ada, issuer, account, address=f"{account}@example.com")

    of_work = await (await ada.slash("auth status", vendor="lab", account="work")).settled()
    of_default = await (await ada.slash("auth status", account="shared")).settled()
    of_none = await (await ada.slash("auth status", vendor="second")).settled()
    question = await (await ada.slash("auth logout", vendor="lab", account="work")).settled()
    await ada.press(question, "Remove it here")
    await question.wait_for(lambda shown: "removed here" in shown.content)

    assert "**The Lab (work)**" in of_work.content
    assert "**The Lab**" not in of_work.content
    assert "**The Lab**" in of_default.content
    assert "(work)" not in of_default.content
    assert "Nobody is logged in to The Lab" in of_none.content
    assert "Log out of The Lab (work)" not in question.content  # the answer has replaced it
    assert "The login to The Lab (work) is removed here" in question.content
    assert list(stored()) == ["lab"]


async def test_the_lists_offer_accounts_that_a_person_can_mean(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    await log_in(ada, issuer, "work")

    offered = await ada.complete_option("auth login", "account", "", vendor="lab")
    typed = await ada.complete_option("auth login", "account", "Team-2", vendor="lab")
    elsewhere = await ada.complete_option("auth login", "account", "", vendor="second")
    ended = await ada.complete_option("auth logout", "account", "", vendor="lab")
    (nothing,) = await ada.complete_option("auth cancel", "account", "")

    assert [(each.name, each.value) for each in offered] == [
        ("For everyone here · not logged in", "shared"),
        ("work · logged in", "work"),
        ("Only me · not logged in", "me"),
    ]
    assert [(each.name, each.value) for each in typed] == [("New account: team-2", "team-2")]
    assert [each.value for each in elsewhere] == ["shared", "me"]
    assert [(each.name, each.value) for each in ended] == [("work · ada@example.com", "work")]
    assert nothing.name.startswith("No login is waiting")


async def test_a_pending_account_is_listed_and_finished(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    card = await (await ada.slash("auth login", vendor="lab", account="me")).settled()

    (own,) = await ada.complete_option("auth complete", "account", "", vendor="lab", redirect="x")
    paste = await issuer.approve(card.link_buttons[0])
    await (await ada.slash("auth complete", vendor="lab", account=own.value, redirect=paste)).settled()

    assert own.name == "Only me"
    assert list(stored()) == [f"lab@u{ada.id}"]


@pytest.mark.parametrize("label", ["new", "..", "-x", "a b", "ü"])
async def test_a_word_that_cannot_be_a_label_is_refused(
    label: str, bot: commands.Bot, ada: Person, stored: Stored
) -> None:
    told = await (await ada.slash("auth login", vendor="lab", account=label)).settled()

    assert "can have the label" in told.content
    assert not stored()


async def test_the_longest_names_fit_every_button(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    label = "l" * 32
    card = await (await ada.slash("auth login", vendor="lab", account=label)).settled()

    done = await (await (await form(ada, card)).submit(await issuer.approve(card.link_buttons[0]))).settled()
    question = await (await ada.slash("auth logout", vendor="lab", account=label)).settled()

    assert f"Logged in to The Lab ({label})" in done.content
    assert {each["label"] for each in question.components} >= {"Remove it here", "Keep it"}
