"""People hear before a login ends that nothing can renew, and who has replaced their login."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.oauth.config import Config
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import Draft, FileStore, Note, Secret, TokenEntry, UserId
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.on_discord.notices.notices_seen import first_news, log_in, news, told_operators
from tests.support.patience import until

DAY = 86_400


def put(path: Path, by: int, *, ends_in: int, tenant: str = "lab") -> None:
    now = int(time.time())
    entry = TokenEntry(Secret("at"), Secret(""), now + ends_in, "https://lab.example/token", tenant)

    def change(draft: Draft) -> None:
        draft[tenant] = entry
        draft.notes[tenant] = Note(logged_in_by=UserId(by), logged_in_at=now - 30 * DAY, account="x@example.com")

    FileStore(path).update(change)


@pytest.fixture
def settings(settings: DiscordSettings, world: EmbeddedDiscord) -> DiscordSettings:
    return replace(settings, operators_channel=int(world.state.text_channel_id))


async def test_a_person_is_told_before_the_login_ends_and_can_log_in(
    world: EmbeddedDiscord, bot: commands.Bot, mei: Person, store_path: Path
) -> None:
    await mei.slash("auth status")  # the bot hears Mei's language
    put(store_path, mei.id, ends_in=3000)

    told = await first_news(world, mei, "到期")
    await asyncio.sleep(0.3)

    assert "x@example.com" in told.content
    assert "無法自動更新" in told.content
    assert told.body["components"][0]["components"][0]["custom_id"] == "auth:login:lab"
    assert len(news(world, mei, "到期")) == 1
    assert not told_operators(world)


async def test_the_operators_hear_of_an_own_login_without_its_account(
    world: EmbeddedDiscord, bot: commands.Bot, bob: Person, store_path: Path
) -> None:
    world.faults.next("message", status=403, code=50007)
    put(store_path, bob.id, ends_in=3000, tenant=f"lab@u{bob.id}")

    await until(lambda: len(told_operators(world)) == 1)
    (told,) = told_operators(world)

    assert "Somebody's own login to The Lab (personal) ends" in told.content
    assert "x@example.com" not in told.content
    assert not told.body.get("components")


class TestVariable:
    @pytest.fixture
    def service(self, config: Config, store_path: Path, settings: DiscordSettings) -> AuthService:
        now = int(time.time())
        claims = base64.urlsafe_b64encode(json.dumps({"exp": now + 3000, "iat": now - DAY}).encode()).decode()
        environ = {"LAB_TOKEN": f"eyJhbGciOiJub25lIn0.{claims.rstrip('=')}.canary"}
        lab = {**config.vendors["lab"], "env": ["LAB_TOKEN"]}
        config = replace(config, vendors={**config.vendors, "lab": lab})
        return open_service(Runtime.open(config, str(store_path), environ), settings, closes_runtime=True)

    async def test_the_operators_hear_that_a_token_in_a_variable_ends(
        self, world: EmbeddedDiscord, bot: commands.Bot, store_path: Path
    ) -> None:
        await until(lambda: len(told_operators(world)) == 1)
        (told,) = told_operators(world)
        await asyncio.sleep(0.3)

        assert "**The token for The Lab in `LAB_TOKEN` ends" in told.content
        assert len(told_operators(world)) == 1
        assert "canary" not in store_path.with_name("auth.json.requests").read_text()


async def replace_login(person: Person, issuer: Issuer) -> None:
    question = await begin(person)
    button = "取代那個登入" if person.name == "mei" else "Replace that login"
    card = await (await person.press(question, button)).settled()  # type: ignore[union-attr]
    await (await person.slash("auth complete", redirect=await issuer.approve(card.link_buttons[0]))).settled()


async def test_a_person_whose_login_was_replaced_is_told_by_whom(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person, mei: Person, issuer: Issuer
) -> None:
    await log_in(mei, issuer)
    await replace_login(ada, issuer)

    told = await first_news(world, mei, "取代了您的")
    await asyncio.sleep(0.3)

    assert f"<@{ada.id}> 取代了您的 The Lab 登入" in told.content
    assert told.body["allowed_mentions"] == {"parse": []}
    assert len(news(world, mei, "取代了您的")) == 1
    assert not told_operators(world)


async def test_nobody_is_told_about_the_own_login_that_they_replace(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    for _ in range(2):
        await log_in(ada, issuer)
    await asyncio.sleep(0.5)

    assert not news(world, ada, "has replaced")


async def test_a_replaced_login_is_told_after_a_restart(
    world: EmbeddedDiscord,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
    ada: Person,
    bob: Person,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("openab_auth.cogs.auth.notices.LoginNotices.start", lambda _: None)
        async with running(world, start(settings)):
            await log_in(bob, issuer)
            await replace_login(ada, issuer)
    assert not news(world, bob, "has replaced")

    async with running(world, start(settings)), running(world, start(settings)):
        await first_news(world, bob, "has replaced")
        await asyncio.sleep(0.5)

    assert len(news(world, bob, "has replaced")) == 1
