"""Logins without a paste, in a real discord.py client: the code, the edits of the message, and each flow."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.text.language import english, languages
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import FileStore
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.on_discord.waiting.device_codes import FLOWS, code_in
from tests.cogs.auth.service.service_logins import Log, Start, Stored
from tests.support.patience import until


@pytest.mark.parametrize("vendor", FLOWS)
async def test_from_the_command_over_the_approval_to_an_agents_token(
    bot: commands.Bot, ada: Person, issuer: Issuer, store_path: Path, config: Config, audited: Log, vendor: str
) -> None:
    login = await begin(ada, vendor)
    assert login.ephemeral
    assert "<t:" in login.content
    (link,) = login.link_buttons
    assert link.startswith(issuer.devices.page)
    assert english().say("button-paste") not in {part.get("label") for part in login.components}

    await issuer.approve_device(code_in(issuer, login))

    await login.wait_for(lambda shown: "Logged in to" in shown.content and not shown.components)
    assert [(line["event"], line["outcome"]) for line in audited()] == [("login", "ok"), ("complete", "ok")]
    source = TokenSource(FileStore(store_path), catalogue=None, driver=Driver())
    tenant = {"grok": "xai-oauth", "codex-device": "codex"}.get(vendor, vendor)
    token = await source.get_valid(tenant)
    await source.aclose()
    assert token.value.reveal() not in login.content


async def test_the_message_says_whose_login_it_is(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada, "grok")
    await issuer.approve_device(code_in(issuer, login), "grace@example.com")
    await login.wait_for(lambda shown: "as grace@example.com" in shown.content)


async def test_a_risk_is_told_before_the_link(bot: commands.Bot, ada: Person) -> None:
    login = await begin(ada, "kiro")
    assert login.content.index("experimental") < login.content.index("1. ")


async def test_a_denied_login_is_told_in_its_message(
    bot: commands.Bot, ada: Person, issuer: Issuer, audited: Log
) -> None:
    login = await begin(ada)
    await issuer.deny_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "was declined" in shown.content and not shown.link_buttons)
    assert audited()[-1]["outcome"] == "login_denied"


async def test_a_code_that_nobody_approved_is_told_in_its_message(
    bot: commands.Bot, ada: Person, issuer: Issuer, clock: SimpleNamespace
) -> None:
    login = await begin(ada)
    clock.ahead = 601.0
    await login.wait_for(lambda shown: "expired" in shown.content and not shown.link_buttons)


async def test_a_message_that_can_soon_be_edited_no_more_says_so_in_time(bot: commands.Bot, ada: Person) -> None:
    cog = bot.get_cog("openab-auth")
    cog.desk._cards._editable = 0.05  # type: ignore[union-attr]  # the cog that was added
    login = await begin(ada)
    await login.wait_for(lambda shown: "has expired" in shown.content and not shown.link_buttons)


async def test_a_cancelled_login_is_told_and_polled_no_longer(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    assert "cancelled" in (await (await ada.slash("auth cancel")).settled()).content
    await login.wait_for(lambda shown: "is cancelled" in shown.content and not shown.components)
    polled = len(issuer.requests("/token"))
    await asyncio.sleep(0.2)
    assert len(issuer.requests("/token")) <= polled + 1


async def test_a_newer_code_takes_the_older_message_back(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    older = await begin(ada)
    newer = await begin(ada)
    await older.wait_for(lambda shown: "There is a newer link" in shown.content)
    await issuer.approve_device(code_in(issuer, newer))
    await newer.wait_for(lambda shown: "Logged in to" in shown.content)
    assert "There is a newer link" in older.content


async def test_a_bot_that_stops_leaves_the_message_and_the_login_as_they_are(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        before = login.content
    assert login.content == before
    assert any(key.startswith("pending:lab") for key in stored())


async def test_two_people_wait_for_their_own_approvals(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    first, second = await begin(ada, "lab"), await begin(bob, "grok")
    codes_by_client = [device.user_code for device in issuer.devices.begun.values()]
    await issuer.approve_device(codes_by_client[1], "bob@example.com")
    await second.wait_for(lambda shown: "bob@example.com" in shown.content)
    assert codes_by_client[0] in first.content
    assert "lab" not in stored()


async def test_an_account_without_a_seat_is_told_there_and_then(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    issuer.copilot.has_seat = False
    login = await begin(ada, "copilot")
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "Copilot is not enabled for this account" in shown.content)
    assert "copilot" not in stored()


async def test_a_vendor_without_a_login_says_what_to_do(bot: commands.Bot, ada: Person) -> None:
    answer = await begin(ada, "pi")
    assert "Pi has no login command" in answer.content
    assert "ANTHROPIC\\_API\\_KEY" in answer.content


async def test_it_is_said_in_the_persons_own_language(bot: commands.Bot, mei: Person, issuer: Issuer) -> None:
    login = await begin(mei)
    chinese = languages()["zh-TW"]
    assert chinese.say("login-code-type") in login.content
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "已登入" in shown.content)


async def test_no_message_or_log_line_holds_a_device_code_or_a_token(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log, caplog: pytest.LogCaptureFixture
) -> None:
    login = await begin(ada, "grok")
    begun = login.content + json.dumps(login.components)
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "Logged in to" in shown.content)
    entry = stored()["xai-oauth"]
    shown = begun + login.content + json.dumps(audited()) + caplog.text
    for secret in (*issuer.devices.begun, entry["access_token"], entry["refresh_token"]):
        assert secret not in shown


async def test_an_answer_that_nobody_got_is_written_down_when_it_is_approved(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    world.faults.next("edit", status=404, code=10015)
    await ada.slash("auth login", vendor="lab")
    await until(lambda: bool(issuer.devices.begun))
    (device,) = issuer.devices.begun.values()
    await issuer.approve_device(device.user_code)
    await until(lambda: "lab" in stored() and audited()[-1]["event"] == "complete")


async def test_a_lost_edit_loses_no_login(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada)
    world.faults.next("edit", status=404, code=10015)
    await issuer.approve_device(code_in(issuer, login))
    await until(lambda: "lab" in stored())
