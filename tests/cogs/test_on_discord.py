"""The cog in a real discord.py client, on the embedded Discord, with a real authorization server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import discord
import pytest
from discord.ext import commands

from bot.client import point_discord_at
from bot.playground.embedded import Answer, EmbeddedDiscord, Modal, Person
from bot.playground.issuer import Issuer
from cogs.auth import words
from cogs.auth.commands import Auth
from cogs.auth.service import AuthService
from cogs.auth.settings import DiscordSettings
from storage import UserId

Start = Callable[[DiscordSettings], AuthService]
Stored = Callable[[], dict[str, dict[str, str]]]
Log = Callable[[], list[dict[str, str]]]
ROLE = 7


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EmbeddedDiscord]:
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    )
    async with EmbeddedDiscord.listening() as world:
        await point_discord_at(world.api_base)
        yield world


@asynccontextmanager
async def running(world: EmbeddedDiscord, service: AuthService) -> AsyncIterator[commands.Bot]:
    """A bot with the cog, until the block ends."""
    intents = discord.Intents.none()
    intents.guilds = intents.dm_messages = True
    bot = commands.Bot(commands.when_mentioned, intents=intents)

    async def setup_hook() -> None:
        await bot.add_cog(Auth(bot, service))
        await bot.tree.sync()

    bot.setup_hook = setup_hook  # type: ignore[method-assign]  # shorter than a class
    async with bot:
        task = asyncio.create_task(bot.start(world.bot_token))
        ready = asyncio.create_task(bot.wait_until_ready())
        await asyncio.wait({task, ready}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        await ready
        yield bot
        await bot.remove_cog("openab-auth")
    await task


@pytest.fixture
def ada(world: EmbeddedDiscord) -> Person:
    """An operator."""
    return world.person("ada")


@pytest.fixture
def bob(world: EmbeddedDiscord) -> Person:
    """Somebody with an allowed role."""
    return world.person("bob", roles=(ROLE,))


@pytest.fixture
def eve(world: EmbeddedDiscord) -> Person:
    """Somebody who is not allowed."""
    return world.person("eve")


@pytest.fixture
def settings(ada: Person) -> DiscordSettings:
    return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}), allowed_roles=frozenset({ROLE}))


@pytest.fixture
async def bot(world: EmbeddedDiscord, service: AuthService) -> AsyncIterator[commands.Bot]:
    async with running(world, service) as bot:
        yield bot


async def begin(person: Person, vendor: str = "lab", where: str = "guild") -> Answer:
    answer = await person.slash("auth login", vendor=vendor, where=where)  # type: ignore[arg-type]  # two literals
    return await answer.settled()


async def form(person: Person, answer: Answer) -> Modal:
    opened = await person.press(answer, words.PASTE_BUTTON)
    assert isinstance(opened, Modal)
    return opened


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_from_the_command_over_the_modal_to_the_store(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, where: str
) -> None:
    login = await begin(ada, where=where)
    assert login.ephemeral
    assert login.ack_type == 5
    (link,) = login.link_buttons
    done = await (await (await form(ada, login)).submit(await issuer.approve(link))).settled()
    assert done.ephemeral
    assert "Logged in to **The Lab** as **ada@example.com**" in done.content
    assert stored()["lab"]["access_token"]
    await login.wait_for(lambda shown: "has done its work" in shown.content)
    assert not login.components


async def test_complete_takes_the_paste_without_a_modal_and_without_a_vendor(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    done = await (await ada.slash("auth complete", redirect=redirect)).settled()
    assert "Logged in" in done.content
    assert done.ephemeral


async def test_a_paste_sent_as_a_direct_message_is_taken_and_should_be_deleted(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada, where="dm")
    (reply,) = await ada.send_dm(f"here you are: {await issuer.approve(login.link_buttons[0])}")
    assert "Logged in" in reply.body["content"]
    assert "delete your message" in reply.body["content"]
    assert "lab" in stored()


async def test_chat_in_a_direct_message_is_answered_once(
    bot: commands.Bot, ada: Person, world: EmbeddedDiscord
) -> None:
    assert len(await ada.send_dm("hello")) == 1
    for text in ("hello?", "code=abc&state=def"):
        replies = await ada.send_dm(text)
    assert "No login is waiting" in replies[-1].body["content"]
    shown = [each["content"] for each in ada.view("dm")]
    assert sum(words.dm_help() == text for text in shown) == 1


async def test_a_button_from_before_a_restart_still_opens_its_form(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        redirect = await issuer.approve(login.link_buttons[0])
        opened = await form(ada, login)
    async with running(world, start(settings)):
        refused = await (await opened.submit("nonsense")).settled()
        assert "There is no redirect" in refused.content
        again = await form(ada, login)
        assert "Logged in" in (await (await again.submit(redirect)).settled()).content
        late = await (await (await form(ada, login)).submit(redirect)).settled()
    assert "No login" in late.content


async def test_a_bad_paste_is_explained_and_may_be_mended_with_the_button_beside_it(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    refused = await (await (await form(ada, login)).submit(login.link_buttons[0])).settled()
    assert "begins the login" in refused.content
    assert "Logged in" in (await (await (await form(ada, refused)).submit(redirect)).settled()).content


async def test_two_people_with_open_forms_finish_their_own_logins(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    """discord.py keeps modals by id alone: with one id for both, the second person's paste would be dropped."""
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
    answers = await asyncio.gather(*(opened.submit(redirect) for opened in forms))
    texts = [(await answer.settled()).content for answer in answers]
    assert sum("Logged in" in text for text in texts) == 1
    assert sum("used already" in text for text in texts) == 1
    assert len(issuer.requests("/token")) == 1


async def test_autocomplete_shows_title_and_state_and_nothing_to_strangers(
    bot: commands.Bot, ada: Person, eve: Person
) -> None:
    choices = await ada.complete_option("auth login", "vendor", "LA")
    assert [(choice.name, choice.value) for choice in choices] == [
        ("The Lab · not logged in", "lab"),
        ("The Lab · not logged in", "second"),
    ]
    assert await eve.complete_option("auth login", "vendor", "") == ()
    await begin(ada)
    assert [choice.value for choice in await ada.complete_option("auth cancel", "vendor", "")] == ["lab"]


async def test_strangers_are_refused_told_what_to_do_and_written_down(
    bot: commands.Bot, eve: Person, stored: Stored, audited: Log
) -> None:
    for command, options in (("login", {"vendor": "lab"}), ("complete", {"redirect": "x"}), ("status", {})):
        answer = await (await eve.slash(f"auth {command}", **options)).settled()
        assert answer.ephemeral
        assert f"add your id {eve.id}" in answer.content
    assert [line["outcome"] for line in audited()] == ["not_allowed"] * 3
    assert not stored()
    assert "You may not use it" in (await (await eve.slash("auth help")).settled()).content


async def test_replacing_another_persons_login_asks_and_says_whose_it_is(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    assert f"<@{ada.id}>" in asked.content
    assert not asked.link_buttons
    await bob.press(asked, words.REPLACE_BUTTON)
    await asked.wait_for(lambda shown: shown.link_buttons)
    redirect = await issuer.approve(asked.link_buttons[0], "bob@example.com")
    done = await (await bob.slash("auth complete", redirect=redirect)).settled()
    assert "bob@example.com" in done.content


async def test_keeping_another_persons_login_changes_nothing(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    await bob.press(asked, words.KEEP_BUTTON)
    await asked.wait_for(lambda shown: shown.content == words.kept() and not shown.components)


@pytest.mark.parametrize(("button", "revoked"), [(words.REMOVE_BUTTON, 0), (words.REVOKE_BUTTON, 1)])
async def test_logout_asks_what_shall_end_and_does_just_that(  # noqa: PLR0913, PLR0917
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, button: str, revoked: int
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await (await ada.slash("auth logout", vendor="lab")).settled()
    assert "lab" in stored()
    await ada.press(asked, button)
    await asked.wait_for(lambda shown: "removed here" in shown.content)
    assert "lab" not in stored()
    assert len(issuer.requests("/revoke")) == revoked


async def test_cancel_edits_the_login_message_and_the_old_button_is_answered(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    opened = await form(ada, login)
    assert "is forgotten" in (await (await ada.slash("auth cancel")).settled()).content
    await login.wait_for(lambda shown: "is forgotten" in shown.content and not shown.components)
    assert "No login" in (await (await opened.submit(redirect)).settled()).content


async def test_a_newer_link_takes_the_older_ones_message_back(bot: commands.Bot, ada: Person) -> None:
    older = await begin(ada)
    await begin(ada)
    await older.wait_for(lambda shown: "replaced by a newer one" in shown.content and not shown.components)


async def test_a_denied_login_ends_and_its_message_says_so(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    denied = await issuer.deny(login.link_buttons[0])
    answer = await (await (await form(ada, login)).submit(denied)).settled()
    assert "access denied" in answer.content
    assert not answer.components
    await login.wait_for(lambda shown: not shown.components)


async def test_an_expired_link_is_taken_back_and_its_button_answers(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, clock: SimpleNamespace
) -> None:
    clock.ahead = -899.0  # what is begun now ends in a second of the real time
    async with running(world, start(settings)):
        login = await begin(ada)
        custom_id = next(part["custom_id"] for part in login.components if "custom_id" in part)
        clock.ahead = 2.0
        await asyncio.sleep(1.2)
        pressed = await ada.press(login, custom_id, replay=True)
        assert isinstance(pressed, Answer)
        assert "has expired" in pressed.content


async def test_the_login_message_is_edited_when_its_time_is_over(
    bot: commands.Bot, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cog = bot.get_cog("openab-auth")
    assert isinstance(cog, Auth)
    cog._messages._editable = 0.05
    login = await begin(ada)
    await login.wait_for(lambda shown: "has expired" in shown.content and not shown.components)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("callback", {"cut": True}),
        ("callback", {"cut": True, "when": "after"}),
        ("callback", {"status": 500, "when": "after"}),
        ("callback", {"status": 429, "retry_after": 0.1}),
        ("edit", {"status": 429, "retry_after": 0.1}),
        ("edit", {"cut": True}),
        ("edit", {"status": 404}),
    ],
)
async def test_a_reply_that_discord_loses_never_loses_a_login(  # noqa: PLR0913, PLR0917
    bot: commands.Bot,
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    stored: Stored,
    kind: str,
    fault: dict[str, object],
) -> None:
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    world.faults.next(kind, **fault)  # type: ignore[arg-type]  # the parameters name its fields
    await opened.submit(redirect)
    await login.wait_for(lambda shown: "has done its work" in shown.content, timeout=10)
    assert stored()["lab"]["access_token"]


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
    await login.wait_for(lambda shown: "has done its work" in shown.content)
    status = await (await ada.slash("auth status")).settled()
    code = redirect.partition("code=")[2].partition("&")[0]
    entry = stored()["lab"]
    shown = done.content + login.content + json.dumps(status.embeds) + json.dumps(audited()) + ids
    secrets = (pending["verifier"], pending["state"], code, entry["access_token"], entry["refresh_token"])
    assert all(secret and secret not in shown for secret in secrets)
    assert "ada@example.com" in json.dumps(status.embeds)
