"""`[auth] on_leave` in our own bot: which intents it asks for, and what it says where Discord has the intent off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from tests.support.patience import PATIENCE, until

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
MEMBERS = 1 << 1


def set_on_leave(home: Path, ada: Person, value: str = "end") -> None:
    config = home / ".config/openab-auth/config.toml"
    text = config.read_text().replace("[auth]", f'[auth]\n        on_leave = "{value}"')
    config.write_text(text.replace("[discord]", f'[discord]\n        operators = ["{ada.id}"]'))


async def test_without_it_the_members_intent_is_not_asked_for(start: Start, discord: EmbeddedDiscord) -> None:
    discord.switch_on_members_intent()
    async with start():
        pass

    assert [intents & MEMBERS for intents in discord.intents] == [0]


@pytest.mark.parametrize("value", ["tell", "end"])
async def test_an_intent_that_is_off_is_status_2_and_named(
    value: str, start: Start, discord: EmbeddedDiscord, ada: Person, home: Path
) -> None:
    set_on_leave(home, ada, value)
    async with start("run") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)

    last = stderr.decode().splitlines()[-1]
    assert process.returncode == 2
    assert "auth.on_leave" in last
    assert "server members intent" in last
    assert "Bot page of Discord's developer portal" in last
    assert [intents & MEMBERS for intents in discord.intents] == [MEMBERS]


async def test_with_the_intent_a_kicked_persons_own_login_ends(
    start: Start, discord: EmbeddedDiscord, ada: Person, issuer: Issuer, home: Path
) -> None:
    set_on_leave(home, ada)
    config, bob = home / ".config/openab-auth/config.toml", discord.person("bob")
    config.write_text(config.read_text().replace("allowed_users", f'allowed_users = ["{bob.id}"] #'))
    discord.switch_on_members_intent()
    store = home / ".openab/agent/auth.json"
    async with start():
        card = await (await bob.slash("auth login", vendor="lab", account="me")).settled()
        await (await bob.slash("auth complete", redirect=await issuer.approve(card.link_buttons[0]))).settled()
        assert list(json.loads(store.read_text())) == [f"lab@u{bob.id}"]
        await bob.leave()
        await until(lambda: json.loads(store.read_text()) == {})
        messages = discord.channel(discord.channel_id(ada, "dm"))
        await until(lambda: any("has left Playground" in each.text for each in messages))


@pytest.mark.parametrize(("on", "ok"), [(True, True), (False, False)])
async def test_doctor_says_whether_the_intent_is_on(
    on: bool, ok: bool, start: Start, discord: EmbeddedDiscord, ada: Person, home: Path
) -> None:
    set_on_leave(home, ada)
    if on:
        discord.switch_on_members_intent()

    check = (await checks_of(start))["server members intent"]

    assert check["ok"] is ok
    assert ok or "Discord's developer portal" in check["hint"]


async def test_doctor_looks_for_it_only_where_the_config_needs_it(start: Start, home: Path, ada: Person) -> None:
    assert "server members intent" not in await checks_of(start)

    set_on_leave(home, ada)
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text().replace(f'operators = ["{ada.id}"]', ""))

    assert not (await checks_of(start))["on_leave"]["ok"]


async def checks_of(start: Start) -> dict[str, dict[str, Any]]:
    async with start("doctor", "--json", "--for", "bot") as process:
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return {check["name"]: check for check in json.loads(output)["checks"]}
