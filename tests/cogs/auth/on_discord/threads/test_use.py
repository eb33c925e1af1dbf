"""`/auth use` chooses the account of a thread; a person agrees before their own account serves one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.discord.guild.model import Json, Message, Where
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.threads import ThreadRecords, agree, forget_thread
from openab_auth.storage import FileStore, Secret, SeenThread, ThreadId, TokenEntry, UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.service.service_logins import Log
from tests.support.patience import until

Records: TypeAlias = Callable[[], ThreadRecords]


@pytest.fixture
def records(store_path: Path) -> Records:
    return lambda: ThreadRecords(FileStore(store_path).threads())


@pytest.fixture
def opened_by(bob: Person) -> Json:
    """Return who has opened the thread."""
    return bob.user


@pytest.fixture
def thread(world: EmbeddedDiscord, opened_by: Json) -> ThreadId:
    """Return the id of the thread."""
    world.state.threads[world.state.thread_id].owner = opened_by
    return ThreadId(int(world.state.thread_id))


@pytest.fixture
async def bot(world: EmbeddedDiscord, thread: ThreadId, service: AuthService) -> AsyncIterator[commands.Bot]:
    async with running(world, service) as bot:
        yield bot


async def use(person: Person, account: str | None = None, where: Where = "thread") -> ShownResponse:
    named = {} if account is None else {"account": account}
    answer = await person.slash("auth use", vendor="lab", where=where, **named)
    return await answer.settled()


async def test_a_shared_account_is_chosen_shown_and_dropped(
    bot: commands.Bot, thread: ThreadId, bob: Person, issuer: Issuer, records: Records, audited: Log
) -> None:
    for account in ("shared", "work"):
        await log_in(bob, issuer, account)

    chosen = await use(bob, "work")
    shown = await use(bob)
    assert "**The Lab (work)**: chosen in this thread" in shown.content
    labels = dict(records().labels(thread))
    await bob.press(shown, "Drop this choice")
    await shown.wait_for(lambda now: "the default for everyone here" in now.content)

    assert "Agents in this thread use The Lab (work)." in chosen.content
    assert labels == {"lab": "work"}
    assert not records().labels(thread)
    assert [line["outcome"] for line in audited() if line["event"] == "use"] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("button", "all_own"), [("Use my account in this thread", False), ("In all threads that I start", True)]
)
async def test_a_person_agrees_before_their_own_account_serves(
    bot: commands.Bot, thread: ThreadId, bob: Person, issuer: Issuer, records: Records, button: str, all_own: bool
) -> None:
    await log_in(bob, issuer, "me")

    asked = await use(bob, "me")
    assert "Agents do not get it yet" in asked.content
    before = records().may_serve(UserId(bob.id), thread)
    await bob.press(asked, button)
    await asked.wait_for(lambda now: "(personal)**: chosen in this thread" in now.content)

    assert not before
    assert records().may_serve(UserId(bob.id), thread)
    assert records().agreement(UserId(bob.id)).all_own is all_own


async def test_a_choice_says_that_nobody_is_logged_in_to_it(
    bot: commands.Bot, thread: ThreadId, bob: Person, mei: Person
) -> None:
    chosen = await use(bob, "work")

    assert "Nobody is logged in to The Lab (work) yet" in chosen.content
    assert "**The Lab (work)**: chosen in this thread; nobody is logged in to it" in (await use(bob)).content
    assert "還沒有人登入" in (await use(mei)).content


async def test_only_the_owner_and_operators_choose(
    bot: commands.Bot, thread: ThreadId, ada: Person, mei: Person, bob: Person, records: Records
) -> None:
    refused = await use(mei, "shared")
    hers = await use(ada, "work")

    assert "只有開始這個討論串的人" in refused.content
    assert "Agents in this thread use The Lab (work)." in hers.content
    assert records().labels(thread) == {"lab": "work"}


async def test_nobody_chooses_another_persons_own_account(
    bot: commands.Bot, thread: ThreadId, ada: Person, bob: Person, records: Records
) -> None:
    told = await use(ada, f"u{bob.id}")

    assert "This is another person's own account." in told.content
    assert not records().labels(thread)


@pytest.mark.parametrize("suffix", ["", "@shared", "@shared@shared"])
async def test_no_spelling_names_another_persons_own_account(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person, bob: Person, suffix: str, store_path: Path
) -> None:
    """Also where that person has agreed that their accounts serve the thread."""
    world.state.threads[world.state.thread_id].owner = world.state.bot
    thread = ThreadId(int(world.state.thread_id))
    FileStore(store_path).update(partial(agree, person=UserId(bob.id), thread=thread))

    for account in (None, "shared"):
        options = {} if account is None else {"account": account}
        asked = await ada.slash("auth use", vendor=f"lab@u{bob.id}{suffix}", where="thread", **options)
        await asked.settled()

    assert f"u{bob.id}" not in ThreadRecords(FileStore(store_path).threads()).labels(thread).values()


async def test_outside_of_a_thread_it_says_where_to_use_it(bot: commands.Bot, bob: Person) -> None:
    assert "Use this command in a thread" in (await use(bob, "shared", "guild")).content


class TestOpenedByABot:
    @pytest.fixture(params=["this bot", "another bot"])
    def opened_by(self, world: EmbeddedDiscord, request: pytest.FixtureRequest) -> Json:
        return world.state.bot if request.param == "this bot" else world.person("openab", is_bot=True).user

    async def test_it_belongs_to_the_author_of_its_message(
        self, world: EmbeddedDiscord, bot: commands.Bot, bob: Person, mei: Person, records: Records
    ) -> None:
        thread, parent = world.state.thread_id, world.state.text_channel_id
        world.state.messages[parent].append(Message(thread, parent, mei.user, {"content": "help"}, 0.0))

        refused = await use(bob, "shared")
        await use(mei, "shared")

        assert "Only the person who started this thread" in refused.content
        seen = records().seen(ThreadId(int(thread)))
        application, guild = int(world.state.application_id), int(world.state.guild_id)
        assert seen == SeenThread(application, guild, int(parent), UserId(mei.id))

    async def test_without_its_message_it_has_no_owner(
        self, world: EmbeddedDiscord, bot: commands.Bot, bob: Person, records: Records
    ) -> None:
        chosen = await use(bob, "shared")

        seen = records().seen(ThreadId(int(world.state.thread_id)))
        assert seen is not None
        assert seen.owner is None
        assert "Agents in this thread use The Lab." in chosen.content


async def test_status_in_a_thread_says_first_which_accounts_it_uses(
    bot: commands.Bot, thread: ThreadId, bob: Person, issuer: Issuer
) -> None:
    await log_in(bob, issuer)

    there = await (await bob.slash("auth status", where="thread")).settled()
    elsewhere = await (await bob.slash("auth status")).settled()

    assert there.content.startswith("## In this thread\n**The Lab**: the default for everyone here\n## Logins")
    assert elsewhere.content.startswith("## Logins")


class TestInTheThreadOfSomebodyElse:
    @pytest.fixture
    def opened_by(self, ada: Person) -> Json:
        return ada.user

    async def test_status_tells_people_nothing_of_the_own_logins_of_others(
        self, bot: commands.Bot, bob: Person, mei: Person, issuer: Issuer, store_path: Path
    ) -> None:
        await log_in(bob, issuer, "me")
        strange = TokenEntry(Secret("t"), Secret(""), 2**40, "https://gone.example/token", f"gone@u{bob.id}")
        FileStore(store_path).update(lambda draft: draft.__setitem__(f"gone@u{bob.id}", strange))

        others = await (await mei.slash("auth status", where="thread")).settled()
        own = await (await bob.slash("auth status", where="thread")).settled()

        assert not [word for word in ("The Lab", "gone", str(bob.id)) if word in others.content]
        assert own.content.startswith("## In this thread\n")


class TestPersonalPolicy:
    @pytest.fixture
    def config(self, config: Config) -> Config:
        return replace(config, auth=AuthSettings(vendors=("lab",), accounts="personal"))

    async def test_status_asks_the_owner_to_agree_and_the_bot_stores_its_policy(
        self,
        world: EmbeddedDiscord,
        bot: commands.Bot,
        thread: ThreadId,
        ada: Person,
        bob: Person,
        issuer: Issuer,
        records: Records,
    ) -> None:
        card = await log_in(bob, issuer, "me")
        assert "Agents get it only in threads where you agree to that" in card.content

        status = await (await bob.slash("auth status", where="thread")).settled()
        assert "**The Lab (personal)**: you have not agreed that agents in this thread use it" in status.content
        assert "its person has not agreed" in (await (await ada.slash("auth status", where="thread")).settled()).content
        await bob.press(status, "In all threads that I start")
        await status.wait_for(lambda now: "the own account of the person who started the thread" in now.content)

        policies = records().policies(int(world.state.application_id))
        assert policies is not None
        assert policies.everywhere == "personal"
        assert records().may_serve(UserId(bob.id), thread)

    async def test_a_shared_account_cannot_be_chosen(
        self, bot: commands.Bot, thread: ThreadId, bob: Person, issuer: Issuer, records: Records
    ) -> None:
        card = await log_in(bob, issuer, "shared")
        assert "Agents in threads do not use this login" in card.content
        told = await use(bob, "shared")

        assert "may not use" in told.content
        assert "Choose your own account: *Only me* as `account`" in told.content
        assert not records().labels(thread)


async def test_a_deleted_thread_is_forgotten(
    world: EmbeddedDiscord, bot: commands.Bot, thread: ThreadId, bob: Person, records: Records
) -> None:
    await use(bob, "work")

    await world.delete_thread()
    await until(lambda: records().seen(thread) is None)

    assert not records().labels(thread)


async def test_a_new_thread_is_recorded_before_anybody_uses_a_command(
    bot: commands.Bot, bob: Person, records: Records
) -> None:
    new = ThreadId(int(await bob.start_thread("new", "help")))

    await until(lambda: records().seen(new) is not None)

    assert records().owner(new) == bob.id


async def test_a_direct_message_belongs_to_its_person(
    world: EmbeddedDiscord, bot: commands.Bot, bob: Person, records: Records
) -> None:
    await (await bob.slash("auth status", where="dm")).settled()

    channel = ThreadId(int(world.channel_id(bob, "dm")))
    await until(lambda: records().owner(channel) == bob.id)


@pytest.mark.parametrize("where", ["thread", "guild"])
async def test_strangers_cannot_fill_the_store_with_places_of_their_own(
    world: EmbeddedDiscord, bot: commands.Bot, eve: Person, ada: Person, store_path: Path, where: Where
) -> None:
    """Everybody can bring the bot to a server of their own, and the store keeps a limited number of threads."""
    thread = ThreadId(int(world.state.thread_id))  # that of the server that has installed it
    await until(lambda: ThreadRecords(FileStore(store_path).threads()).owner(thread) is not None)
    FileStore(store_path).update(partial(forget_thread, thread=thread))
    world.state.is_installed = False
    for command in ("help", "status"):
        await (await eve.slash(f"auth {command}", where=where)).settled()
    await use(eve, "shared", where)
    of_strangers = FileStore(store_path).threads()
    await (await ada.slash("auth help", where=where)).settled()
    await until(lambda: bool(FileStore(store_path).threads()))

    assert not of_strangers
