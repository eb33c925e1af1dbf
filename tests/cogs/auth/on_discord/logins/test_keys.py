"""A login with an API key on Discord: by form, by command and by direct message."""

from __future__ import annotations

import json

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.text.language import languages
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.storage.entries import NEVER
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Log, Start, Stored

KEY = "key_canary_0a1b2c3d4e5f"
CHECK = "/userinfo"


@pytest.fixture
def config(issuer: Issuer) -> Config:
    keyed = {
        "flow": "key",
        "title": "The Forge",
        "authorize_url": "https://forge.example.com/keys",
        "check_url": issuer.userinfo_url,
    }
    return Config(
        auth=AuthSettings(vendors=("forge", "bare", "cursor")),
        vendors={"forge": keyed, "bare": {"flow": "key", "title": "Bare"}},
    )


async def test_the_card_leads_to_the_keys_and_the_form_takes_one(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    issuer.faults.next(CHECK, status=200)
    card = await begin(ada, "forge")
    assert card.link_buttons == ["https://forge.example.com/keys"]
    assert "make an API key there" in card.content
    assert "Show me how" not in [part["label"] for part in card.components]

    opened = await form(ada, card)
    assert [each["label"] for each in opened.fields] == ["The API key"]
    done = await (await opened.submit(f"export FORGE_KEY={KEY}")).settled()

    assert "Logged in to The Forge" in done.content
    assert done.message is card.message
    assert stored()["forge"]["access_token"] == KEY


async def test_a_refused_key_is_explained_on_the_card_and_mended_there(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    card = await begin(ada, "forge")
    issuer.faults.next(CHECK, status=401)
    refused = await (await (await form(ada, card)).submit(KEY)).settled()
    assert "The vendor does not accept this key" in refused.content
    assert "forge" not in stored()

    issuer.faults.next(CHECK, status=503)
    unchecked = await (await (await form(ada, refused)).submit(KEY)).settled()
    assert "could not check this key" in unchecked.content
    assert "You can still finish this login" in unchecked.content

    issuer.faults.next(CHECK, status=200)
    assert "Logged in" in (await (await (await form(ada, unchecked)).submit(KEY)).settled()).content


async def test_a_vendor_without_a_page_or_a_check_says_so(bot: commands.Bot, ada: Person, stored: Stored) -> None:
    card = await begin(ada, "bare")
    assert card.link_buttons == []
    assert "Make an API key in your account at Bare" in card.content
    assert "can't ask this vendor whether a key works" in card.content

    done = await (await ada.slash("auth complete", redirect=KEY)).settled()

    assert done.deleted
    assert "Logged in" in card.content
    assert int(stored()["bare"]["expires_at"]) == NEVER


async def test_a_sentence_in_place_of_the_key_is_sent_nowhere(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    card = await begin(ada, "forge")
    refused = await (await (await form(ada, card)).submit(f"my key is {KEY}, thanks")).settled()
    assert "This is not an API key" in refused.content
    assert not issuer.requests(CHECK)
    assert KEY not in refused.content


async def test_a_direct_message_is_a_key_only_while_a_login_waits_for_it(
    bot: commands.Bot, ada: Person, stored: Stored
) -> None:
    (hint,) = await ada.send_dm(KEY)
    assert "I only log agents in" in hint.text
    card = await begin(ada, "bare", where="dm")
    assert await ada.send_dm("thanks!!", patience=0.2) == []

    (reply,) = await ada.send_dm(KEY)

    assert "Logged in" in card.content
    assert "delete your message" in reply.text
    assert stored()["bare"]["access_token"] == KEY


async def test_a_key_for_one_of_two_logins_asks_for_which(bot: commands.Bot, ada: Person, stored: Stored) -> None:
    await begin(ada, "bare", where="dm")
    await begin(ada, "cursor", where="dm")

    (reply,) = await ada.send_dm(KEY)

    assert "several logins" in reply.text
    assert not {"bare", "cursor"} & stored().keys()


async def test_the_form_for_a_key_opens_after_a_restart(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)):
        card = await begin(ada, "cursor")
        assert card.link_buttons == ["https://cursor.com/dashboard?tab=integrations"]
    async with running(world, start(settings)):
        opened = await form(ada, card)
        assert [each["label"] for each in opened.fields] == ["The API key"]
        assert "Logged in" in (await (await opened.submit(KEY)).settled()).content
    assert stored()["cursor"]["access_token"] == KEY


async def test_it_is_said_in_the_persons_own_language(bot: commands.Bot, mei: Person) -> None:
    card = await begin(mei, "cursor")
    chinese = languages()["zh-TW"]
    assert chinese.say("login-paste-key") in card.content
    assert chinese.say("note-cursor") in card.content
    opened = await mei.press(card, chinese.say("button-paste"))
    assert isinstance(opened, Modal)
    assert [each["label"] for each in opened.fields] == [chinese.say("form-field-key")]


async def test_no_message_log_line_or_audit_line_holds_a_key(
    bot: commands.Bot,
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    audited: Log,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "openab_auth")
    card = await begin(ada, "forge")
    for status in (401, 500, 200):
        issuer.faults.next(CHECK, status=status, body={"error": KEY, "message": f"Bearer {KEY}"})
        card = await (await (await form(ada, card)).submit(KEY)).settled()
    await ada.slash("auth status")
    await ada.slash("auth logout", vendor="forge")

    sent = "".join(str(seen.body) for seen in world.requests)
    assert "Logged in to The Forge" in card.content
    assert KEY not in sent
    assert KEY not in caplog.text
    assert KEY not in json.dumps(audited())
