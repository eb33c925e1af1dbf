"""The last check of a waiting login: after a restart, and with the roles that Discord reports at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.config import Config
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.on_discord.waiting.device_codes import code_in
from tests.cogs.auth.service.service_logins import Log, Start, Stored
from tests.support.patience import until


async def test_a_restart_in_between_goes_on_waiting_and_writes_it_down(
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
    assert code_in(issuer, login)
    await issuer.approve_device(code_in(issuer, login))
    async with running(world, start(settings)):
        await until(lambda: "lab" in stored() and audited()[-1]["event"] == "complete")
    assert audited()[-1]["user"] == str(ada.id)


async def test_two_bots_waiting_for_one_login_tell_once_and_only_of_the_login(
    bot: commands.Bot,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
) -> None:
    login = await begin(ada)
    await start(settings).resumption.resume()
    assert issuer.devices.decide(code_in(issuer, login), "allow")
    issuer.faults.next("/token", delay=0.5)  # the other one asks meanwhile, and is told that the code is not known

    await login.wait_for(lambda shown: "Logged in to" in shown.content and not shown.components)

    await until(lambda: list(stored()) == ["lab"] and audited()[-1]["event"] == "complete")
    await asyncio.sleep(0.3)
    assert [(line["event"], line["outcome"]) for line in audited()] == [("login", "ok"), ("complete", "ok")]


async def test_after_a_restart_nobody_is_logged_in_who_was_taken_off_the_list(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
    await issuer.approve_device(code_in(issuer, login))
    polled = len(issuer.requests("/token"))
    async with running(world, start(DiscordSettings(allowed_users=frozenset()))):
        await asyncio.sleep(0.2)
    assert len(issuer.requests("/token")) == polled
    assert "lab" not in stored()


async def test_who_lost_access_while_the_bot_was_stopped_is_in_the_audit_log(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, stored: Stored, audited: Log
) -> None:
    async with running(world, start(settings)):
        await begin(ada)
    async with running(world, start(DiscordSettings(allowed_users=frozenset()))):
        await until(lambda: not stored())
    assert [(line["event"], line["user"], line["outcome"]) for line in audited()][1:] == [
        ("complete", str(ada.id), "not_allowed")
    ]


async def _keeps_the_role(bob: Person) -> None:
    pass


async def _loses_the_role(bob: Person) -> None:
    bob.roles = ()


async def _leaves(bob: Person) -> None:
    await bob.leave()


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("change", "ends_well"), [(_keeps_the_role, True), (_loses_the_role, False), (_leaves, False)])
async def test_a_code_approved_later_logs_in_who_has_an_allowed_role_by_then(
    world: EmbeddedDiscord,
    bob: Person,
    issuer: Issuer,
    config: Config,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
    change: Callable[[Person], Awaitable[None]],
    ends_well: bool,
    restarted: bool,
) -> None:
    """Cases 38: the owner check is done again at the end, with what Discord says then."""
    config.vendors["lab"]["revoke_url"] = issuer.revoke_url  # type: ignore[index]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(world, start(settings)))
        login = await begin(bob)
        await change(bob)
        if restarted:
            await stack.aclose()
            await stack.enter_async_context(running(world, start(settings)))
        await issuer.approve_device(code_in(issuer, login), "bob@example.com")
        await until(lambda: len(audited()) == 2)

    assert ("lab" in stored()) is ends_well
    assert audited()[-1]["outcome"] == ("ok" if ends_well else "not_allowed")
    assert len(issuer.requests("/revoke")) == (0 if ends_well else 1)
    assert not [key for key in stored() if key.startswith("pending:")]
    if not ends_well and not restarted:
        await login.wait_for(
            lambda shown: "Neither you nor any of your roles" in shown.content and not shown.link_buttons
        )


async def test_a_login_is_refused_and_revoked_while_discord_tells_no_roles(
    bot: commands.Bot,
    world: EmbeddedDiscord,
    bob: Person,
    issuer: Issuer,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("openab_auth.cogs.auth.guard.members._DEADLINE", 0.5)
    login = await begin(bob)
    world.faults.next("member", times=9, status=503)
    await issuer.approve_device(code_in(issuer, login), "bob@example.com")

    await login.wait_for(lambda shown: "Discord did not tell me" in shown.content and not shown.link_buttons)

    assert not stored()
    assert "could not be revoked: the vendor offers no revocation" in caplog.text


async def test_who_is_listed_by_id_logs_in_while_discord_says_nothing(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    world.faults.next("member", times=9, status=503)
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "Logged in to" in shown.content)


async def test_a_bot_that_left_the_server_knows_nobodys_roles_there(
    world: EmbeddedDiscord, bob: Person, issuer: Issuer, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)) as bot:
        login = await begin(bob)
        world.faults.next("member", status=403, code=50001)
        await issuer.approve_device(code_in(issuer, login), "bob@example.com")
        await login.wait_for(lambda shown: "Neither you nor any of your roles" in shown.content)
        assert bot.is_ready()
    assert not stored()
