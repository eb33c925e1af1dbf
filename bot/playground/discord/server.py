"""The embedded Discord server: it listens on loopback and hosts the people of one guild."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from openab_auth.bot.playground.discord.api import GUILD_MEMBERS, GUILDS, PREFIX, ApiRequest, Faults, Gateway, Rest
from openab_auth.bot.playground.discord.guild import (
    PERMISSIONS,
    ChannelId,
    Json,
    Message,
    Permission,
    State,
    Where,
    payloads,
)
from openab_auth.bot.playground.discord.person import Events, Person
from openab_auth.bot.playground.loopback import LOOPBACK, listen, serving


class EmbeddedDiscord:
    """A Discord with one bot, DMs, and one guild with text channels and threads; a channel and a thread exist already.

    A bot needs `api_base` and `bot_token`. Everything else serves the code that plays the people.
    """

    def __init__(self, address: str, clock: Callable[[], float], shards: int = 1) -> None:
        gateway_url = f"ws://{address}/gateway"
        self.api_base = f"http://{address}{PREFIX}"
        self.bot_token = f"{secrets.token_urlsafe(18)}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
        self.faults = Faults()
        self.state = State(clock, shards)
        self.gateway = Gateway(self.state, self.bot_token, gateway_url)
        self._rest = Rest(self.state, self.gateway, self.faults, self.bot_token, gateway_url)
        self._events = Events(self.state, self.gateway)
        self._people: dict[str, Person] = {}

    @classmethod
    @asynccontextmanager
    async def listening(
        cls, port: int = 0, *, clock: Callable[[], float] = time.time, shards: int = 1
    ) -> AsyncIterator[EmbeddedDiscord]:
        """Serve in this event loop until the block ends; port 0 means any free port. Deadlines use `clock`.

        With `shards`, the bot must connect so many; the guild with the channels is on the last of them.
        """
        with listen(port) as listener:
            discord = cls(f"{LOOPBACK}:{listener.getsockname()[1]}", clock, shards)
            app = web.Application(middlewares=[discord._rest.answer], client_max_size=1024 * 1024)
            app.add_routes([*discord._rest.routes(), web.get("/gateway", discord.gateway.connect)])
            app.on_shutdown.append(discord._hang_up)
            async with serving(app, listener):
                yield discord

    @property
    def guild_id(self) -> int:
        """Return the guild's id."""
        return int(self.state.guild_id)

    def new_guild(self) -> int:
        """Add another guild of the bot on the first shard, without channels; a connected bot does not notice it."""
        guild_id = self.state.new_guild_id(0)
        self.state.elsewhere[guild_id] = set()
        return int(guild_id)

    def switch_on_members_intent(self) -> None:
        """Switch on the server members intent, as a developer does in the portal."""
        self.state.privileged_intents |= GUILD_MEMBERS

    @property
    def requests(self) -> list[ApiRequest]:
        """Return every request of the bot, in the order of the replies."""
        return self._rest.seen

    @property
    def bot_is_there(self) -> bool:
        """Return whether a bot is connected to the gateway."""
        return self.gateway.connected

    @property
    def intents(self) -> list[int]:
        """Return the intents of each IDENTIFY that the bot sent."""
        return self.gateway.intents

    def person(self, name: str, *, roles: tuple[int, ...] = (), is_bot: bool = False, locale: str = "en-US") -> Person:
        """Return the person with this name; a new person joins the guild with `roles`, which may be any ids.

        `locale` is Discord's name for the language of the person's client.
        """
        if name not in self._people:
            for role in roles:
                self.state.roles.setdefault(str(role), False)
            user = self.state.new_user(name, bot=is_bot)
            self._people[name] = person = Person(self._events, user, roles, locale)
            self.state.members[person.user["id"]] = person
        return self._people[name]

    def commands(self) -> list[Json]:
        """Return the registered slash commands that people can use."""
        return self.state.offered_commands()

    def new_channel(self, name: str) -> ChannelId:
        """Create one more text channel; a bot learns of it when it connects."""
        return self.state.new_channel(name)

    async def delete_thread(self, where: Where = "thread") -> None:
        """Delete a thread with its messages, and tell the bot."""
        thread = self.state.remove_thread(self.state.channel_id("", where))
        await self.gateway.dispatch("THREAD_DELETE", payloads.deleted_thread(self.state, thread), intent=GUILDS)

    async def archive_thread(self, where: Where = "thread", *, locked: bool = False) -> None:
        """Archive a thread, and tell the bot; a `locked` one stays archived when somebody writes there."""
        thread = self.state.threads[self.state.channel_id("", where)]
        self.state.archive(thread, archived=True, locked=locked)
        await self.gateway.announce_thread("THREAD_UPDATE", thread)

    async def allow_bot(self, permission: Permission, where: Where = "guild", *, may: bool) -> None:
        """Deny the bot a permission in a channel and its threads, or remove the denial, and tell the bot."""
        channel = self.state.channel_id("", where)
        could_see = self.state.bot_may("view_channel", channel)
        self.state.permissions.allow(channel, permission, may=may)
        self.state.changed()
        await self.gateway.dispatch("CHANNEL_UPDATE", payloads.channel(self.state, channel), intent=GUILDS)
        if not could_see and self.state.bot_may("view_channel", channel):
            await self.gateway.dispatch("THREAD_LIST_SYNC", payloads.thread_list(self.state, channel), intent=GUILDS)

    def permissions(self) -> dict[str, dict[str, bool]]:
        """Return which permissions the bot has in each text channel."""
        state = self.state
        return {each: {name: state.bot_may(name, each) for name in PERMISSIONS} for each in state.channels}

    def channel_id(self, person: Person, where: Where) -> str:
        """Return the id of the place that `where` means for this person."""
        return self.state.channel_id(person.user["id"], where)

    def channel(self, channel_id: str) -> list[Message]:
        """Return the messages of a channel, oldest first."""
        return self.state.messages[channel_id]

    def attachment(self, attachment_id: str) -> web.Response:
        """Return the file with this id, which a bot attached to a message.

        Raises:
            HTTPNotFound: there is no file with this id.
        """
        return self._rest.uploads.serve(attachment_id)

    async def next_change(self, patience: float) -> bool:
        """Wait for the next visible change; return False if there is none within `patience` seconds."""
        return await self.state.next_change(patience)

    async def until(self, holds: Callable[[], bool], patience: float) -> bool:
        """Wait until `holds()` is true; return False if it is not within `patience` seconds."""
        return await self.state.until(holds, patience)

    async def _hang_up(self, _app: web.Application) -> None:
        await self.gateway.close()
        await asyncio.sleep(0)
