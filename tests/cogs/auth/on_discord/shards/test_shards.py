"""A host bot with two shards: what Discord sends to either of them reaches the cog."""

from __future__ import annotations

from pathlib import Path

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth import closed_shards
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.config import Config
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import FileStore, ThreadId, UserId
from tests.cogs.auth.on_discord.discord_bot import ShardedBot, begin, running
from tests.cogs.auth.service.service_logins import Stored
from tests.support.patience import until


async def test_everything_works_on_its_shard(
    world: EmbeddedDiscord,
    service: AuthService,
    ada: Person,
    bob: Person,
    issuer: Issuer,
    config: Config,
    store_path: Path,
    stored: Stored,
) -> None:
    world.state.threads[world.state.thread_id].owner = bob.user
    world.new_guild()
    thread, store = ThreadId(int(world.state.thread_id)), FileStore(store_path)
    async with running(world, service, kind=ShardedBot) as bot:
        assert sorted(world.gateway.shards) == [(0, 2), (1, 2)]
        assert {guild.shard_id for guild in bot.guilds} == {0, 1}

        # A thread in the guild of the second shard, and a request in it.
        await until(lambda: ThreadRecords(store.threads()).owner(thread) == UserId(bob.id))
        async with Runtime(store, Catalogue.from_config(config, {}), environ={}) as runtime:
            await LoginRequests(runtime, thread).ask("lab")
        await until(lambda: bool(world.state.messages[world.state.thread_id]))

        # A command in that guild, and the paste as a direct message on the first shard.
        login = await begin(ada)
        await ada.send_dm(await issuer.approve(login.link_buttons[0]))
        await until(lambda: "lab" in stored())

        # One shard loses its connection: the other one works on, and the lost one resumes.
        await world.gateway.drop(shard=1)
        await until(lambda: not closed_shards(bot) and world.gateway.resumes == 1)
        assert "The Lab" in (await (await bob.slash("auth status")).settled()).content

        await world.delete_thread()
        await until(lambda: ThreadRecords(store.threads()).seen(thread) is None)


async def test_a_cog_that_is_loaded_late_knows_the_threads_of_ready_shards(
    world: EmbeddedDiscord, service: AuthService, store_path: Path
) -> None:
    thread = ThreadId(int(world.state.thread_id))
    async with running(world, service, kind=ShardedBot) as bot:
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) is not None)
        await service.threads.forget(thread)
        cog = bot.get_cog("openab-auth")
        assert isinstance(cog, Auth)
        await cog.thread_events.aclose()
        bot._ready.clear()  # another shard is not ready yet
        await cog.thread_events.start()
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) is not None)
        bot._ready.set()
