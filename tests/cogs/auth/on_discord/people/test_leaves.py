"""A person leaves: the operators are told, or everything of theirs ends; not while they may be in another guild."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.config import Config, OnLeave
from openab_auth.oauth.threads import ThreadRecords, agree
from openab_auth.storage import AsyncStore, FileStore, ThreadId, UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.people.people_logins import AuditLines, direct_messages, end_button, labels
from tests.cogs.auth.service.service_logins import Start, Stored
from tests.support.patience import until

Run = Callable[[DiscordSettings], AbstractAsyncContextManager[commands.Bot]]


@pytest.fixture(params=["tell"])
def on_leave(request: pytest.FixtureRequest) -> OnLeave:
    param: OnLeave = request.param
    return param


@pytest.fixture
def config(config: Config, on_leave: OnLeave) -> Config:
    return replace(config, auth=replace(config.auth, on_leave=on_leave))


@pytest.fixture
def run(world: EmbeddedDiscord, start: Start) -> Run:
    """Run a bot with the server members intent, which the portal has."""
    world.switch_on_members_intent()
    return lambda settings: running(world, start(settings), members=True)


@pytest.fixture
async def bot(run: Run, settings: DiscordSettings) -> AsyncIterator[commands.Bot]:
    async with run(settings) as bot:
        yield bot


def left(audited: AuditLines) -> list[dict[str, Any]]:
    return [line for line in audited() if line["event"] == "left"]


async def settle(audited: AuditLines, number: int = 1) -> list[dict[str, Any]]:
    """Wait for so many lines about leaves, and a moment for one more."""
    await until(lambda: len(left(audited)) >= number)
    await asyncio.sleep(0.2)
    return left(audited)


async def test_each_operator_is_told_once_and_can_end_it_there(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, bob: Person, mei: Person, issuer: Issuer,
    stored: Stored, audited: AuditLines,
) -> None:  # fmt: skip
    for account in ("shared", "me"):
        await log_in(bob, issuer, account)
    await (await mei.slash("auth help")).settled()  # so that the bot knows her language
    await bob.leave()
    await world.gateway.announce_member("GUILD_MEMBER_REMOVE", world.state.guild_id, bob.user)  # once more

    (line,) = await settle(audited)
    (to_ada,), (to_mei,) = direct_messages(world, ada), direct_messages(world, mei)
    question = await ada.press(to_ada, end_button(bob))
    assert isinstance(question, ShownResponse)
    await question.settled()
    await ada.press(question, "Remove everything here")
    await question.wait_for(lambda shown: "has ended" in shown.content)

    assert f"<@{bob.id}> has left Playground" in to_ada.text
    assert "One personal login of theirs is still here" in to_ada.text
    assert "shared logins, which stay: The Lab" in to_ada.text
    assert "personal)" not in to_ada.text
    assert "已離開 Playground" in to_mei.text
    assert (line["user"], line["outcome"]) == (str(bob.id), "told")
    assert list(stored()) == ["lab"]


async def test_a_second_bot_on_the_store_does_not_tell_it_again(
    run: Run,
    settings: DiscordSettings,
    world: EmbeddedDiscord,
    ada: Person,
    bob: Person,
    issuer: Issuer,
    audited: AuditLines,
) -> None:
    async with run(settings):
        await log_in(bob, issuer, "me")
        await bob.leave()
        await settle(audited)
    async with run(settings) as second:
        await world.gateway.announce_member("GUILD_MEMBER_REMOVE", world.state.guild_id, bob.user)
        await (await ada.slash("auth status")).settled()
        await asyncio.sleep(0.2)
        assert second.is_ready()

    assert len(left(audited)) == 1
    assert len(direct_messages(world, ada)) == 1


@pytest.mark.parametrize("on_leave", ["tell", "end"], indirect=True)
async def test_the_operators_channel_is_told_and_names_no_login(
    on_leave: str, run: Run, settings: DiscordSettings, world: EmbeddedDiscord, ada: Person, eve: Person, bob: Person,
    issuer: Issuer, audited: AuditLines,
) -> None:  # fmt: skip
    channel = world.state.text_channel_id
    async with run(replace(settings, operators_channel=int(channel))):
        await log_in(bob, issuer, "me")
        await bob.leave()
        await settle(audited)
        (told,) = [each for each in world.channel(channel) if "has left" in each.text]
        if on_leave == "tell":
            refused = await eve.press(told, end_button(bob))
            assert isinstance(refused, ShownResponse)
            assert "on the list of people who may log agents in" in (await refused.settled()).content

    assert "The Lab" not in told.text
    assert not direct_messages(world, ada)
    assert labels(told) == ([end_button(bob)] if on_leave == "tell" else [])


@pytest.mark.parametrize("on_leave", ["end"], indirect=True)
async def test_all_of_the_person_ends_here_and_nothing_is_revoked(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, bob: Person, issuer: Issuer, stored: Stored,
    audited: AuditLines, store_path: Path,
) -> None:  # fmt: skip
    store = AsyncStore(FileStore(store_path))
    for person in (ada, bob):
        await log_in(person, issuer, "me")
    await log_in(bob, issuer, "shared")
    await (await bob.slash("auth login", vendor="second")).settled()
    await store.update(lambda draft: agree(draft, UserId(bob.id), ThreadId(7)))

    await bob.leave()
    (line,) = await settle(audited)
    (told,) = direct_messages(world, ada)

    assert set(stored()) == {"lab", f"lab@u{ada.id}"}
    assert not ThreadRecords(await store.threads()).may_serve(UserId(bob.id), ThreadId(7))
    assert (line["user"], line["person"], line["outcome"]) == (str(bob.id), str(bob.id), "ended")
    assert (line["logins"], line["pending"]) == ([f"lab@u{bob.id}"], ["second"])
    assert "Everything that they had here has ended: one personal login" in told.text
    assert "shared logins, which stay: The Lab" in told.text
    assert not issuer.requests("/revoke")
    assert labels(told) == []


@pytest.mark.parametrize("on_leave", ["tell", "end"], indirect=True)
async def test_a_member_of_another_guild_has_not_left(
    run: Run, settings: DiscordSettings, world: EmbeddedDiscord, ada: Person, bob: Person, issuer: Issuer,
    stored: Stored, audited: AuditLines,
) -> None:  # fmt: skip
    elsewhere = world.new_guild()
    await bob.join(elsewhere)
    async with run(settings):
        await log_in(bob, issuer, "me")
        await bob.leave()
        await until(lambda: lookups(world, bob) >= 2)
        await asyncio.sleep(0.2)
        assert list(stored()) == [f"lab@u{bob.id}"]
        assert not left(audited)
        await bob.leave(elsewhere)
        await settle(audited)

    assert len(direct_messages(world, ada)) == 1
    assert "has left Elsewhere" in direct_messages(world, ada)[0].text


def lookups(world: EmbeddedDiscord, person: Person) -> int:
    return len([seen for seen in world.requests if seen.path.endswith(f"/members/{person.id}")])


@pytest.mark.parametrize("on_leave", ["end"], indirect=True)
@pytest.mark.parametrize(
    ("passing", "status", "code"), [(0, 503, 0), (1, 503, 0), (1, 403, 50001), (1, 404, 10004), (0, 404, 0)]
)
async def test_a_look_up_that_fails_ends_nothing(
    passing: int, status: int, code: int, run: Run, settings: DiscordSettings, world: EmbeddedDiscord, ada: Person,
    bob: Person, issuer: Issuer, stored: Stored, audited: AuditLines, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    world.new_guild()
    async with run(settings):
        await log_in(bob, issuer, "me")
        world.faults.next("member", status=status, code=code, passing=passing)
        before = stored()
        await bob.leave()
        await until(lambda: "did not tell whether they are in another one" in caplog.text)

    assert stored() == before
    assert not left(audited)
    assert not direct_messages(world, ada)


@pytest.mark.parametrize("on_leave", ["end"], indirect=True)
async def test_who_is_back_already_and_an_outage_end_nothing(
    bot: commands.Bot, world: EmbeddedDiscord, bob: Person, issuer: Issuer, stored: Stored, audited: AuditLines
) -> None:
    await log_in(bob, issuer, "me")

    await world.gateway.announce_member("GUILD_MEMBER_REMOVE", world.state.guild_id, bob.user)
    await until(lambda: lookups(world, bob) == 1)
    await world.gateway.fail_guild(world.state.guild_id)
    await asyncio.sleep(0.2)

    assert list(stored()) == [f"lab@u{bob.id}"]
    assert not left(audited)


@pytest.mark.parametrize("on_leave", ["end"], indirect=True)
async def test_a_person_with_nothing_here_costs_no_request(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, bob: Person, audited: AuditLines
) -> None:
    await (await bob.slash("auth status")).settled()
    await bob.leave()
    await (await ada.slash("auth status")).settled()

    assert not lookups(world, bob)
    assert not direct_messages(world, ada)


async def test_operators_with_closed_messages_are_in_the_log(
    bot: commands.Bot, world: EmbeddedDiscord, bob: Person, issuer: Issuer, audited: AuditLines,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    await log_in(bob, issuer, "me")
    world.faults.next("message", status=403, code=50007, times=2)

    await bob.leave()
    (line,) = await settle(audited)

    assert line["outcome"] == "not_told"
    assert f"{bob.id} has left with logins here, and no operator could be told" in caplog.text


def make_unwritable(store: Path) -> None:
    """Put a symbolic link in the place of the store: it is read, and never written."""
    store.rename(store.with_name("elsewhere.json"))
    store.symlink_to("elsewhere.json")


@pytest.mark.parametrize("on_leave", ["tell", "end"], indirect=True)
async def test_a_store_that_cannot_be_written_keeps_no_operator_in_the_dark(
    on_leave: str, bot: commands.Bot, world: EmbeddedDiscord, ada: Person, bob: Person, issuer: Issuer,
    audited: AuditLines, store_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    await log_in(bob, issuer, "me")
    make_unwritable(store_path)

    await bob.leave()
    (line,) = await settle(audited)
    (told,) = direct_messages(world, ada)

    expected = {"tell": ("told", "is still here"), "end": ("store_unwritable", "could be ended")}
    assert (line["outcome"], expected[on_leave][1] in told.text) == (expected[on_leave][0], True)
    assert labels(told) == [end_button(bob)]
    assert ("could not be ended" in caplog.text) is (on_leave == "end")
