"""One card per login: mistakes and results are on it, and a new card is sent only where it cannot be edited."""

from __future__ import annotations

from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Start

RED = 0xE74C3C
GREEN = 0x2ECC71
NONSENSE = "neither the address of the last page nor a code"


def bot_messages(person: Person, where: str = "guild") -> list[str]:
    return [str(each["id"]) for each in person.view(where) if each["bot"]]  # type: ignore[arg-type]  # two literals


def accent(shown: ShownResponse) -> int | None:
    (container,) = shown.message.body["components"]
    return int(container["accent_color"]) if container["accent_color"] is not None else None


async def test_three_mistakes_and_the_login_are_one_card(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    buttons = [part["label"] for part in login.components]
    steps = login.content

    await (await (await form(ada, login)).submit("nonsense")).settled()
    assert accent(login) == RED
    assert NONSENSE in login.content
    await (await ada.slash("auth complete", redirect=login.link_buttons[0])).settled()
    assert "the link that you opened" in login.content
    assert NONSENSE not in login.content  # the newest mistake alone
    await ada.send_dm("code=abc&state=def")
    assert "from a different login" in login.content
    assert login.content.endswith(steps)
    assert [part["label"] for part in login.components] == buttons

    await (await (await form(ada, login)).submit(redirect)).settled()
    assert accent(login) == GREEN
    assert login.content.startswith("✅ **Logged in to The Lab as ada@example.com.**")
    assert not login.components
    assert bot_messages(ada) == [login.message.id]


async def test_a_paste_in_a_dm_gets_a_reminder_there_and_its_result_on_the_card(bot: commands.Bot, ada: Person) -> None:
    login = await begin(ada)
    (reply,) = await ada.send_dm("code=abc&state=def")
    assert "from a different login" in login.content
    assert "from a different login" not in reply.text
    assert "Please delete your message now" in reply.text


async def test_a_card_too_old_to_edit_is_followed_by_a_new_one(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    login.age(16 * 60)
    card = await (await ada.slash("auth complete", redirect="nonsense")).settled()
    assert NONSENSE in card.content
    assert card.ephemeral
    assert [part["label"] for part in card.components] == ["Paste it here"]
    done = await (await ada.slash("auth complete", redirect=redirect)).settled()
    assert done.deleted
    assert "Logged in" in card.content


async def test_a_form_corrects_the_card_on_which_it_was_opened_at_any_age(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    login.age(16 * 60)
    await (await (await form(ada, login)).submit("nonsense")).settled()
    assert NONSENSE in login.content
    await (await ada.slash("auth complete", redirect=redirect)).settled()  # the form's interaction is young
    assert "Logged in" in login.content


async def test_after_a_restart_the_next_card_is_corrected_in_place_again(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        redirect = await issuer.approve(login.link_buttons[0])
    async with running(world, start(settings)):
        card = await (await ada.slash("auth complete", redirect="nonsense")).settled()
        assert [part["label"] for part in card.components] == ["Paste it here"]
        again = await (await (await form(ada, card)).submit("nonsense")).settled()
        assert again.message is card.message
        assert card.content.count(NONSENSE) == 1
        await (await ada.slash("auth complete", redirect=redirect)).settled()
        assert "Logged in" in card.content


async def test_show_me_how_is_on_the_card_and_keeps_its_buttons_after_a_restart(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        redirect = await issuer.approve(login.link_buttons[0])
    async with running(world, start(settings)):
        shown = await ada.press(login, "Show me how")
        assert isinstance(shown, ShownResponse)
        await shown.settled()
        assert shown.message is login.message
        assert [part["label"] for part in login.components] == ["Open the login page", "Paste it here"]
        assert len(login.attachments) == 2
        await (await (await form(ada, login)).submit(redirect)).settled()
    assert "Logged in" in login.content
    assert not login.attachments
    assert bot_messages(ada) == [login.message.id]


async def test_a_person_who_may_no_longer_log_in_is_told_on_the_card(
    world: EmbeddedDiscord, bob: Person, settings: DiscordSettings, start: Start
) -> None:
    async with running(world, start(settings)):
        login = await begin(bob)
        bob.roles = ()
        refused = await (await (await form(bob, login)).submit("nonsense")).settled()
    assert refused.message is login.message
    assert "is on the list of people who may log agents in" in login.content
