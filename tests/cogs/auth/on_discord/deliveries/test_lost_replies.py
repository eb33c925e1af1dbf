"""Discord loses, delays or refuses a reply, or the bot stops: no login is lost."""

from __future__ import annotations

import asyncio

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.service.service import AuthService
from tests.cogs.auth.on_discord.discord_bot import begin, form
from tests.cogs.auth.service.service_logins import Stored
from tests.support.patience import PATIENCE


async def test_a_stopping_bot_answers_what_is_under_way_and_refuses_new_work(
    bot: commands.Bot, ada: Person, issuer: Issuer, service: AuthService
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    opened = await form(ada, login)
    issuer.faults.next("/token", delay=0.3)
    answer = await opened.submit(redirect)
    await service.aclose()
    assert "Logged in" in answer.content
    refused = await (await ada.slash("auth status")).settled()
    assert "restarting" in refused.content
    assert refused.ephemeral


async def test_an_answer_too_late_for_discord_still_finishes_the_login(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    """The acknowledgement fails with 10062, so nobody gets an answer, but the work is done."""
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    world.faults.next("callback", status=404, code=10062)
    await asyncio.wait_for(
        asyncio.gather(opened.submit(redirect), login.wait_for(lambda it: "Logged in to" in it.content)), PATIENCE
    )
    assert "lab" in stored()


async def test_an_interaction_after_fifteen_minutes_loses_its_edit_and_no_login(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    login.age(16 * 60)
    done = await (await opened.submit(redirect)).settled()
    assert "Logged in" in done.content
    assert "lab" in stored()


async def test_an_unexpected_failure_is_told_with_an_id_in_form_and_command(
    bot: commands.Bot, ada: Person, service: AuthService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    login = await begin(ada)
    monkeypatch.setattr(service, "complete", fail)
    monkeypatch.setattr(service, "status", fail)
    assert "give the operator this id" in (await (await (await form(ada, login)).submit("x")).settled()).content
    assert "give the operator this id" in (await (await ada.slash("auth status")).settled()).content


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("callback", {"cut": True}),
        ("callback", {"cut": True, "when": "after"}),
        ("callback", {"status": 500, "when": "after"}),
        ("callback", {"status": 429, "retry_after": 0.1}),
        ("edit", {"status": 429, "retry_after": 0.1}),
        ("edit", {"cut": True}),
        ("edit", {"status": 404, "code": 10015}),
        ("callback", {"status": 204}),
    ],
)
async def test_a_reply_that_discord_loses_never_loses_a_login(
    bot: commands.Bot,
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    stored: Stored,
    kind: str,
    fault: dict[str, object],
) -> None:
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    world.faults.next(kind, **fault)  # type: ignore[arg-type]  # the parameters name its fields
    await opened.submit(redirect)
    await login.wait_for(lambda shown: "Logged in to" in shown.content)
    assert stored()["lab"]["access_token"]
