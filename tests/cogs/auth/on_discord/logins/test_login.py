"""A login on Discord: from the command to the store, in each language, and the view of strangers."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import open_service
from openab_auth.cogs.auth.views.choices import NO_CHOICE
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.runtime import Runtime
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Log, Stored


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_from_the_command_over_the_modal_to_the_store(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, where: str
) -> None:
    login = await begin(ada, where=where)
    assert login.ephemeral
    assert login.ack_type == 5
    (link,) = login.link_buttons
    done = await (await (await form(ada, login)).submit(await issuer.approve(link))).settled()
    assert done.message is login.message  # the result is said once, on the card
    assert "Logged in to The Lab as ada@example.com." in done.content
    assert stored()["lab"]["access_token"]
    assert not login.components


async def test_a_person_is_answered_in_their_own_language_to_the_end(
    bot: commands.Bot, mei: Person, issuer: Issuer
) -> None:
    login = await begin(mei)
    assert "登入 The Lab" in login.content
    opened = await mei.press(login, "在這裡貼上")
    assert isinstance(opened, Modal)
    assert opened.title == "完成登入"
    refused = await (await opened.submit(login.link_buttons[0])).settled()
    assert "這是您一開始打開的連結" in refused.content
    again = await mei.press(refused, "在這裡貼上")
    assert isinstance(again, Modal)
    done = await (await again.submit(await issuer.approve(login.link_buttons[0]))).settled()
    assert "已用 ada@example.com 登入 The Lab" in done.content
    choices = await mei.complete_option("auth login", "vendor", "lab")
    assert choices[0].name == "The Lab · 已登入"


async def test_a_direct_message_is_answered_in_the_language_last_seen(bot: commands.Bot, mei: Person) -> None:
    """Only interactions tell a person's language."""
    (first,) = await mei.send_dm("code=abc&state=def")
    assert "You are not on the list" in first.text
    await (await mei.slash("auth help")).settled()
    (second,) = await mei.send_dm("code=abc&state=def")
    assert "您不在可以讓代理程式登入的名單上" in second.text


async def test_autocomplete_shows_title_and_state_and_nothing_to_strangers(
    bot: commands.Bot, ada: Person, eve: Person
) -> None:
    choices = await ada.complete_option("auth login", "vendor", "LA")
    assert [(choice.name, choice.value) for choice in choices] == [
        ("The Lab · not logged in", "lab"),
        ("The Lab · not logged in", "second"),
    ]
    assert [choice.value for choice in await eve.complete_option("auth login", "vendor", "")] == [NO_CHOICE]
    await begin(ada)
    assert [choice.value for choice in await ada.complete_option("auth cancel", "vendor", "")] == ["lab"]


async def test_strangers_are_refused_told_what_to_do_and_written_down(
    bot: commands.Bot, eve: Person, stored: Stored, audited: Log
) -> None:
    asked: dict[str, dict[str, Any]] = {"login": {"vendor": "lab"}, "complete": {"redirect": "x"}, "status": {}}
    for command, options in asked.items():
        answer = await (await eve.slash(f"auth {command}", **options)).settled()
        assert answer.ephemeral
        assert f"add your id {eve.id}" in answer.content
    assert [line["outcome"] for line in audited()] == ["not_allowed"] * 3
    assert not stored()
    assert "You can't log agents in yet" in (await (await eve.slash("auth help")).settled()).content


async def test_a_newcomer_begins_the_first_login_with_a_button_of_the_help(
    bot: commands.Bot, ada: Person, eve: Person, issuer: Issuer
) -> None:
    first = await (await ada.slash("auth help")).settled()
    assert "Nobody is logged in yet" in first.content
    pressed = await ada.press(first, "auth:login:lab")
    assert isinstance(pressed, ShownResponse)
    redirect = await issuer.approve((await pressed.settled()).link_buttons[0])
    await (await ada.slash("auth complete", redirect=redirect)).settled()
    later = await (await ada.slash("auth help")).settled()
    assert "There is one login here" in later.content
    assert not later.components
    refused = await (await eve.slash("auth help")).settled()
    assert "You can't log agents in yet" in refused.content
    assert not refused.components


async def test_how_to_copy_is_shown_in_pictures_that_are_described_in_words(
    bot: commands.Bot, ada: Person, mei: Person
) -> None:
    login = await begin(ada)
    before = {part["label"] for part in login.components}
    shown = await ada.press(login, "Show me how")
    assert isinstance(shown, ShownResponse)
    await shown.settled()
    assert shown.message is login.message
    assert {part["label"] for part in shown.components} == before - {"Show me how"}
    assert [each["filename"] for each in shown.attachments] == ["desktop.gif", "phone.gif"]
    async with httpx2.AsyncClient(trust_env=False) as browser:
        for each in shown.attachments:
            assert "the page does not load" in each["description"]
            assert (await browser.get(each["url"])).content.startswith(b"GIF89a")
    theirs = await mei.press(await begin(mei), "示範給我看")
    assert isinstance(theirs, ShownResponse)
    assert "複製網址" in (await theirs.settled()).content
    assert "頁面打不開" in theirs.attachments[0]["description"]


async def test_a_long_link_is_whole_in_the_message_as_discord_accepts_it(
    world: EmbeddedDiscord, issuer: Issuer, settings: DiscordSettings, ada: Person, tmp_path: object
) -> None:
    """Discord answers 50035 to a link button of 513 characters, and then rejects the whole reply."""
    for length in (900, 3000):
        scopes = ["s" * length]
        table = {
            "authorize_url": issuer.authorize_url,
            "token_url": issuer.token_url,
            "client_id": "openab-playground",
            "redirect_uri": "http://localhost:1455/auth/callback",
            "scopes": scopes,
        }
        config = Config(auth=AuthSettings(vendors=("lab",)), vendors={"lab": table})
        service = open_service(
            Runtime.open(config, f"{tmp_path}/auth.json", {}, time.time), settings, closes_runtime=True
        )
        async with running(world, service):
            login = await begin(ada)
            assert f"scope={scopes[0]}" in login.content
            assert login.content.count("[Login page of lab](<http") == 1
            assert not login.link_buttons


async def test_forms_and_messages_leave_nothing_behind_in_the_client(bot: commands.Bot, ada: Person) -> None:
    for _ in range(5):
        login = await begin(ada)
        await form(ada, login)
    store = bot._connection._view_store
    assert not store._modals
    assert not any(store._views.values())


async def test_no_id_or_message_holds_a_secret_but_the_link(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    login = await begin(ada)
    pending = next(iter(stored().values()))
    ids = json.dumps([part.get("custom_id") for part in login.components])
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    done = await (await opened.submit(redirect)).settled()
    await login.wait_for(lambda shown: "Logged in to" in shown.content)
    status = await (await ada.slash("auth status")).settled()
    code = redirect.partition("code=")[2].partition("&")[0]
    entry = stored()["lab"]
    shown = done.content + login.content + status.content + json.dumps(audited()) + ids
    secrets = (pending["verifier"], pending["state"], code, entry["access_token"], entry["refresh_token"])
    assert all(secret and secret not in shown for secret in secrets)
    assert "ada@example.com" in status.content
