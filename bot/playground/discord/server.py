"""The embedded Discord itself: it listens on loopback, and people come and go in it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from openab_auth.bot.playground.discord import payloads
from openab_auth.bot.playground.discord.faults import Faults
from openab_auth.bot.playground.discord.gateway import Gateway
from openab_auth.bot.playground.discord.model import Interaction, Json, Message, Where
from openab_auth.bot.playground.discord.person import Person
from openab_auth.bot.playground.discord.rest import PREFIX, ApiRequest, Rest
from openab_auth.bot.playground.discord.state import State

LOOPBACK: Final = "127.0.0.1"


class EmbeddedDiscord:
    """A Discord with one bot, one guild with a text channel and a thread in it, and DMs.

    `api_base` and `bot_token` are what a bot needs; everything else is for whoever plays the people.
    """

    def __init__(self, address: str, clock: Callable[[], float]) -> None:
        self.api_base = f"http://{address}{PREFIX}"
        self.gateway_url = f"ws://{address}/gateway"
        self.bot_token = f"{secrets.token_urlsafe(18)}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
        self.faults = Faults()
        self.state = State(clock)
        self.gateway = Gateway(self.state, self.bot_token, self.gateway_url)
        self._rest = Rest(self.state, self.gateway, self.faults, self.bot_token, self.gateway_url)
        self._people: dict[str, Person] = {}

    @classmethod
    @asynccontextmanager
    async def listening(
        cls, port: int = 0, *, clock: Callable[[], float] = time.time
    ) -> AsyncIterator[EmbeddedDiscord]:
        """Serve in this event loop until the block ends; port 0 takes a free one. `clock` rules the deadlines."""
        with socket.create_server((LOOPBACK, port)) as listener:
            discord = cls(f"{LOOPBACK}:{listener.getsockname()[1]}", clock)
            app = web.Application(middlewares=[discord._rest.answer], client_max_size=1024 * 1024)
            app.add_routes([*discord._rest.routes(), web.get("/gateway", discord.gateway.connect)])
            app.on_shutdown.append(discord._hang_up)
            runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                yield discord
            finally:
                await runner.cleanup()

    @property
    def application_id(self) -> int:
        """The bot's application, and its user."""
        return int(self.state.application_id)

    @property
    def guild_id(self) -> int:
        """The guild."""
        return int(self.state.guild_id)

    @property
    def requests(self) -> list[ApiRequest]:
        """Every request that the bot made, in the order of its answers."""
        return self._rest.seen

    @property
    def bot_is_there(self) -> bool:
        """Whether a bot is connected to the gateway."""
        return self.gateway.connected

    @property
    def intents(self) -> list[int]:
        """What each IDENTIFY of the bot asked for."""
        return self.gateway.intents

    def person(self, name: str, *, roles: tuple[int, ...] = (), is_bot: bool = False, locale: str = "en-US") -> Person:
        """The person of this name, who joins the guild with `roles` (ids of your choice) when not yet there.

        `locale` is the language that their client is set to, as Discord names it.
        """
        if name not in self._people:
            for role in roles:
                self.state.roles.setdefault(str(role), False)
            self._people[name] = person = Person(self, self.state.new_user(name, bot=is_bot), roles, locale)
            self.state.members[person.user["id"]] = person
        return self._people[name]

    def commands(self) -> list[Json]:
        """The slash commands that people are offered, as registered."""
        return [*self.state.commands(), *self.state.commands(self.state.guild_id)]

    def channel_id(self, person: Person, where: Where) -> str:
        """The guild's text channel, its thread, or the person's DM with the bot."""
        if where == "dm":
            return self.state.dm_channel(person.user["id"])
        return self.state.thread_id if where == "thread" else self.state.text_channel_id

    def channel(self, channel_id: str) -> list[Message]:
        """The messages there, oldest first."""
        return self.state.messages[channel_id]

    def attachment(self, attachment_id: str) -> web.Response:
        """The file of this id, which a bot has attached to a message.

        Raises:
            HTTPNotFound: there is none.
        """
        return self._rest.uploads.serve(attachment_id)

    def message(self, message_id: str) -> Message | None:
        """The message of this id."""
        return self.state.message(message_id)

    def name_of(self, user_id: str) -> str:
        """The name of this user."""
        return str(self.state.users[user_id]["username"])

    async def interact(  # noqa: PLR0913 - what makes an interaction
        self,
        person: Person,
        kind: int,
        data: Json,
        channel_id: str,
        *,
        message: Message | None = None,
        command: str | None = None,
    ) -> Interaction:
        """Let `person` begin an interaction, and send it to the bot."""
        begun = self.state.clock() - self.faults.take_age()
        act = Interaction(self.state.new_id(), kind, person.user["id"], channel_id, begun, command, message)
        self.state.interactions[act.token] = act
        await self.gateway.announce_roles()
        event = payloads.interaction(self.state, act, data, person)
        await self.gateway.dispatch("INTERACTION_CREATE", event)
        return act

    async def say(self, person: Person, text: str, where: Where) -> Message:
        """Let `person` write a message; the bot hears of it as far as its intents allow."""
        message = self.state.post(self.channel_id(person, where), person.user, {"content": text})
        await self.gateway.announce(message)
        return message

    async def next_change(self, patience: float) -> bool:
        """Wait until anything changes that somebody may see; False when nothing does in `patience` seconds."""
        return await self.state.next_change(patience)

    async def until(self, holds: Callable[[], bool], patience: float) -> bool:
        """Wait until `holds()`; False when it does not within `patience` seconds."""
        return await self.state.until(holds, patience)

    async def changes(self) -> AsyncIterator[None]:
        """One item after each change that somebody may see, as long as it is iterated."""
        while True:
            await self.state.next_change(3600)
            yield

    async def drop_gateway(self, code: int = 4000) -> None:
        """Close the bot's connection to the gateway; with this code it resumes."""
        await self.gateway.drop(code)

    async def _hang_up(self, _app: web.Application) -> None:
        await self.gateway.close()
        await asyncio.sleep(0)
