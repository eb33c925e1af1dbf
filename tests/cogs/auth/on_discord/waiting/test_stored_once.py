"""A login by code asks, too, before its vendor account is stored under a second label."""

from __future__ import annotations

from discord.ext import commands

from openab_auth.bot.playground.discord import Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.text.language import english
from tests.cogs.auth.on_discord.discord_bot import begin
from tests.cogs.auth.on_discord.waiting.device_codes import code_in
from tests.cogs.auth.service.service_logins import Log, Stored


async def test_the_message_of_a_code_becomes_the_question(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    first = await begin(ada, "grok")
    await issuer.approve_device(code_in(issuer, first))
    await first.wait_for(lambda shown: "Logged in to" in shown.content)
    before = stored()

    asked = await (await ada.slash("auth login", vendor="grok", account="work")).settled()
    await issuer.approve_device(code_in(issuer, asked))
    await asked.wait_for(lambda shown: "was not stored" in shown.content and not shown.link_buttons)

    assert stored() == before  # the pending login has ended, too
    assert audited()[-1]["outcome"] == "account_stored"
    assert not issuer.requests("/revoke")
    await ada.press(asked, english().say("button-beside"))
    await asked.wait_for(lambda shown: shown.link_buttons)
    await issuer.approve_device(code_in(issuer, asked))
    await asked.wait_for(lambda shown: "Logged in to" in shown.content)
    assert sorted(stored()) == ["xai-oauth", "xai-oauth@work"]
