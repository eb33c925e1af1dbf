"""What this Discord knows: people, channels and their messages, commands, interactions; and who waits for a change."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from openab_auth.bot.playground.discord.declarations import registered
from openab_auth.bot.playground.discord.model import Interaction, Json, Message

if TYPE_CHECKING:
    from openab_auth.bot.playground.discord.person import Person

EPOCH_MS: Final = 1_420_070_400_000  # where Discord's ids begin to count


class State:
    """Everything that outlives one request."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._numbers = itertools.count()
        self._change = asyncio.Event()
        self.application_id = self.new_id()
        self.guild_id = self.new_id()
        self.text_channel_id = self.new_id()
        self.thread_id = self.new_id()
        self.users: dict[str, Json] = {}
        self.bot = self.new_user("openab", bot=True, id_=self.application_id)
        self.owner = self.new_user("owner")
        self.members: dict[str, Person] = {}
        """Who is in the guild, by user id."""
        self.roles: dict[str, bool] = {}
        """Role ids, and whether bots were told of them."""
        self.messages: dict[str, list[Message]] = {self.text_channel_id: [], self.thread_id: []}
        self.dms: dict[str, str] = {}  # user id -> channel id
        self.interactions: dict[str, Interaction] = {}  # by token
        self._commands: dict[str, list[Json]] = {}  # by guild id, "" for the global ones

    def new_id(self) -> str:
        """A snowflake of now."""
        return str(((int(self.clock() * 1000) - EPOCH_MS) << 22) | (next(self._numbers) & 0x3FFFFF))

    def new_user(self, name: str, *, bot: bool = False, id_: str | None = None) -> Json:
        """A user that Discord knows from now on."""
        user = {
            "id": id_ or self.new_id(),
            "username": name,
            "global_name": None,
            "discriminator": "0000" if bot else "0",
            "avatar": None,
            "bot": bot,
        }
        self.users[str(user["id"])] = user
        return user

    def dm_channel(self, user_id: str) -> str:
        """The id of the DM channel between the bot and this person; it is opened when there is none."""
        if user_id not in self.dms:
            self.dms[user_id] = self.new_id()
            self.messages[self.dms[user_id]] = []
        return self.dms[user_id]

    def dm_partner(self, channel_id: str) -> str | None:
        """Whose DM this is; None for the guild's channel and its thread."""
        return next((user for user, channel in self.dms.items() if channel == channel_id), None)

    def post(  # noqa: PLR0913 - what makes a message
        self,
        channel_id: str,
        author: Json,
        body: Json,
        *,
        seen_by: str | None = None,
        command: str | None = None,
        asked_by: str | None = None,
    ) -> Message:
        """Put a message into a channel."""
        message = Message(self.new_id(), channel_id, author, body, self.clock(), seen_by, command, asked_by)
        self.messages[channel_id].append(message)
        self.changed()
        return message

    def message(self, message_id: str) -> Message | None:
        """The message of this id, in whatever channel."""
        return next((each for channel in self.messages.values() for each in channel if each.id == message_id), None)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        self.messages[message.channel_id].remove(message)
        self.changed()

    def commands(self, guild_id: str = "") -> list[Json]:
        """What is registered in this guild, or globally."""
        return self._commands.get(guild_id, [])

    def register(self, commands: list[Json], guild_id: str = "") -> list[Json]:
        """Replace what is registered there; a command that was there keeps its id."""
        owner = {"application_id": self.application_id} | ({"guild_id": guild_id} if guild_id else {})
        stored = registered(commands, self.commands(guild_id), self.new_id, owner)
        self._commands[guild_id] = stored
        self.changed()
        return stored

    def changed(self) -> None:
        """Wake everybody who waits for a change."""
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def next_change(self, patience: float) -> bool:
        """Wait until anything changes that somebody may see; False when nothing did in `patience` seconds."""
        change = self._change
        try:
            async with asyncio.timeout(patience):
                await change.wait()
        except TimeoutError:
            return False
        return True

    async def until(self, holds: Callable[[], bool], patience: float) -> bool:
        """Wait until `holds()`; False when it does not within `patience` seconds."""
        ends = asyncio.get_running_loop().time() + patience
        while not holds():
            if not await self.next_change(ends - asyncio.get_running_loop().time()):
                return holds()
        return True
