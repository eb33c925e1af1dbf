"""The paste on Discord: by form, by command and by direct message."""

from __future__ import annotations

import asyncio

from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Start, Stored


async def test_complete_takes_the_paste_without_a_modal_and_without_a_vendor(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    refused = await (await ada.slash("auth complete", redirect="nonsense")).settled()
    assert refused.deleted
    assert "neither the address of the last page nor a code" in login.content
    assert login.components
    done = await (await ada.slash("auth complete", redirect=redirect)).settled()
    assert done.deleted
    assert "Logged in" in login.content
    assert not login.components


async def test_a_paste_sent_as_a_direct_message_is_taken_and_should_be_deleted(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada, where="dm")
    (reply,) = await ada.send_dm(f"here you are: {await issuer.approve(login.link_buttons[0])}")
    assert "Logged in" in login.content
    assert "Logged in" not in reply.text
    assert "delete your message" in reply.text
    assert "lab" in stored()


async def test_chat_in_a_direct_message_is_answered_once(
    bot: commands.Bot, ada: Person, world: EmbeddedDiscord
) -> None:
    assert len(await ada.send_dm("hello")) == 1
    assert await ada.send_dm("hello?", patience=0.2) == []
    replies = await ada.send_dm("code=abc&state=def")
    assert "No login is waiting" in replies[-1].text
    shown = [each["content"] for each in ada.view("dm")]
    assert sum("I only log agents in" in text for text in shown) == 1


async def test_a_button_from_before_a_restart_still_opens_its_form(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        redirect = await issuer.approve(login.link_buttons[0])
        opened = await form(ada, login)
    async with running(world, start(settings)):
        refused = await (await opened.submit("nonsense")).settled()
        assert "This text contains neither the address" in refused.content
        again = await form(ada, login)
        assert "Logged in" in (await (await again.submit(redirect)).settled()).content
        late = await (await opened.submit(redirect)).settled()
    assert "No login" in late.content
    assert "Logged in" in login.content


async def test_a_bad_paste_is_explained_and_mended_with_the_button_beside_it(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    buttons = [part["label"] for part in login.components]
    refused = await (await (await form(ada, login)).submit(login.link_buttons[0])).settled()
    assert "the link that you opened, not the address of the last page" in refused.content
    assert refused.message is login.message
    assert [part["label"] for part in login.components] == buttons
    assert "Logged in" in (await (await (await form(ada, refused)).submit(redirect)).settled()).content


async def test_two_people_with_open_forms_finish_their_own_logins(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    """discord.py identifies modals by id alone, so with one shared id the second paste would be lost."""
    logins = [await begin(ada, "lab"), await begin(bob, "second")]
    forms = [await form(ada, logins[0]), await form(bob, logins[1])]
    accounts = ("ada@example.com", "bob@example.com")
    pastes = [
        await issuer.approve(login.link_buttons[0], account) for login, account in zip(logins, accounts, strict=True)
    ]
    answers = [await opened.submit(paste) for opened, paste in zip(forms, pastes, strict=True)]
    for answer, account in zip(answers, accounts, strict=True):
        assert account in (await answer.settled()).content
    assert {"lab", "second-oauth"} <= stored().keys()


async def test_a_double_click_and_a_double_paste_exchange_once(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    forms = [await form(ada, login), await form(ada, login)]
    await asyncio.gather(*(opened.submit(redirect) for opened in forms))
    await login.wait_for(lambda shown: "Logged in" in shown.content and not shown.components)
    assert len(issuer.requests("/token")) == 1
