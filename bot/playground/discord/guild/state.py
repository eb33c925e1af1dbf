"""The state of the embedded Discord: members, channels, messages, commands and interactions."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Final

from openab_auth.bot.playground.discord.guild.model import ChannelId, Interaction, Json, Member, Message, Thread, Where
from openab_auth.bot.playground.discord.guild.permissions import Permission, Permissions
from openab_auth.bot.playground.discord.rules import ENTRY_POINT, SLASH, registered

EPOCH_MS: Final = 1_420_070_400_000  # Discord counts the time in its ids from here
_LOOK_AGAIN: Final = 0.1  # seconds
_NONCE_LIFETIME: Final = 300.0  # seconds


class State:
    """Hold everything that outlives one request, and wake the tasks that wait for a change."""

    def __init__(self, clock: Callable[[], float], shards: int = 1) -> None:
        """Begin with one guild, on the last shard; `shards` is how many the bot needs."""
        self.clock = clock
        self.shards = shards
        self._numbers = itertools.count()
        self._change = asyncio.Event()
        self.application_id = self.new_id()
        self.guild_id = self.new_guild_id(shards - 1)
        self.users: dict[str, Json] = {}
        self.bot = self.new_user("openab", bot=True, id_=self.application_id)
        self.owner = self.new_user("owner")
        self.is_installed = True
        """True if the guild has installed the bot; otherwise each person brings it along."""
        self.members: dict[str, Member] = {}
        """The members of the guild, by user id."""
        self.elsewhere: dict[str, set[str]] = {}
        """The bot's other guilds: the user ids of the members, by the guild's id."""
        self.privileged_intents = 0
        """The privileged intents that the developer portal has switched on."""
        self.roles: dict[str, bool] = {}
        """Role ids, and whether the bot has received them."""
        self.messages: dict[str, list[Message]] = {}  # by channel, thread or DM
        self.channels: dict[str, str] = {}
        """The names of the guild's text channels, by id."""
        self.permissions = Permissions()
        self.threads: dict[str, Thread] = {}
        """The threads of the text channels, by id."""
        self.text_channel_id = self.new_channel("general")
        self.thread_id = self.new_thread("agent-thread", self.text_channel_id, self.owner).id
        self.dms: dict[str, str] = {}  # user id -> channel id
        self.interactions: dict[str, Interaction] = {}  # by token
        self._commands: dict[str, list[Json]] = {}  # by guild id, "" for the global ones

    def new_id(self) -> str:
        """Return a new snowflake with the current time."""
        return str(((int(self.clock() * 1000) - EPOCH_MS) << 22) | (next(self._numbers) & 0x3FFFFF))

    def new_guild_id(self, shard: int) -> str:
        """Return a new id for a guild of this shard."""
        found = int(self.new_id())
        return str(found + (((shard - (found >> 22)) % self.shards) << 22))

    def new_user(self, name: str, *, bot: bool = False, id_: str | None = None) -> Json:
        """Create a user."""
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

    @property
    def guild_ids(self) -> list[str]:
        """Return the ids of the bot's guilds."""
        return [self.guild_id, *self.elsewhere]

    def roles_in(self, guild_id: str, user_id: str) -> tuple[int, ...] | None:
        """Return the roles of a member; None for a user who is no member of this guild."""
        if guild_id != self.guild_id:
            return () if user_id in self.elsewhere[guild_id] else None
        member = self.members.get(user_id)
        return None if member is None else member.roles

    def new_channel(self, name: str) -> ChannelId:
        """Create a text channel, and return its id; a bot that is connected does not learn of it."""
        id_ = ChannelId(self.new_id())
        self.channels[id_], self.messages[id_] = name, []
        return id_

    def new_thread(self, name: str, parent_id: str, owner: Json, id_: str | None = None) -> Thread:
        """Create a thread of a text channel; one that belongs to a message has the id of that message."""
        thread = Thread(id_ or self.new_id(), name, parent_id, owner, self.clock())
        self.threads[thread.id], self.messages[thread.id] = thread, []
        self.changed()
        return thread

    def archive(self, thread: Thread, *, archived: bool, locked: bool = False) -> None:
        """Archive a thread, or open it again."""
        thread.archived, thread.locked, thread.changed_at = archived, locked, self.clock()
        self.changed()

    def remove_thread(self, thread_id: str) -> Thread:
        """Remove a thread and its messages."""
        del self.messages[thread_id]
        self.changed()
        return self.threads.pop(thread_id)

    def dm_channel(self, user_id: str) -> str:
        """Return the id of the DM channel between the bot and this user; open the channel if necessary."""
        if user_id not in self.dms:
            self.dms[user_id] = self.new_id()
            self.messages[self.dms[user_id]] = []
        return self.dms[user_id]

    def dm_partner(self, channel_id: str) -> str | None:
        """Return the user of a DM channel; None for the guild's channels and threads."""
        return next((user for user, channel in self.dms.items() if channel == channel_id), None)

    def channel_id(self, user_id: str, where: Where) -> str:
        """Return the id of the place that `where` means for this user."""
        if where == "dm":
            return self.dm_channel(user_id)
        return {"guild": self.text_channel_id, "thread": self.thread_id}.get(where, where)

    def bot_may(self, permission: Permission, channel_id: str) -> bool:
        """Return whether the bot has a permission in a channel or a thread; in a DM it has all."""
        if self.dm_partner(channel_id) is not None:
            return True
        thread = self.threads.get(channel_id)
        return self.permissions.has(thread.parent_id if thread else channel_id, permission)

    def name_of(self, user_id: str) -> str:
        """Return the name of this user."""
        return str(self.users[user_id]["username"])

    def post(  # noqa: PLR0913 - the parts of a message
        self,
        channel_id: str,
        author: Json,
        body: Json,
        *,
        seen_by: str | None = None,
        command: str | None = None,
        asked_by: str | None = None,
    ) -> Message:
        """Add a message to a channel."""
        message = Message(self.new_id(), channel_id, author, body, self.clock(), seen_by, command, asked_by)
        self.messages[channel_id].append(message)
        self.changed()
        return message

    def message(self, message_id: str) -> Message | None:
        """Return the message with this id from any channel."""
        return next((each for channel in self.messages.values() for each in channel if each.id == message_id), None)

    def message_with_nonce(self, nonce: str) -> Message | None:
        """Return the bot's message of the last minutes with this nonce: Discord takes such a message only once."""
        since = self.clock() - _NONCE_LIFETIME
        messages = (each for channel in self.messages.values() for each in channel)
        return next((each for each in messages if each.at > since and str(each.body.get("nonce")) == nonce), None)

    def delete(self, message: Message) -> None:
        """Remove a message."""
        self.messages[message.channel_id].remove(message)
        self.changed()

    def commands(self, guild_id: str = "") -> list[Json]:
        """Return the commands registered in this guild, or globally."""
        return self._commands.get(guild_id, [])

    def offered_commands(self) -> list[Json]:
        """Return all slash commands that people in the guild can use; an Entry Point command is opened elsewhere."""
        return [each for each in (*self.commands(), *self.commands(self.guild_id)) if each["type"] == SLASH]

    def register(self, commands: list[Json], guild_id: str = "") -> list[Json]:
        """Replace the registered commands; a command that was registered before keeps its id."""
        owner = {"application_id": self.application_id} | ({"guild_id": guild_id} if guild_id else {})
        stored = registered(commands, self.commands(guild_id), self.new_id, owner)
        self._commands[guild_id] = stored
        self.changed()
        return stored

    def enable_activities(self) -> None:
        """Add the global Entry Point command, as Discord does when a developer enables Activities."""
        self.register([*self.commands(), dict(ENTRY_POINT)])

    def changed(self) -> None:
        """Wake every waiter."""
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def next_change(self, patience: float) -> bool:
        """Wait for the next visible change; return False if there is none within `patience` seconds."""
        change = self._change
        try:
            async with asyncio.timeout(patience):
                await change.wait()
        except TimeoutError:
            return False
        return True

    async def until(self, holds: Callable[[], bool], patience: float) -> bool:
        """Wait until `holds()` is true; return False if it is not within `patience` seconds.

        It is asked at each visible change, and now and then, because it may depend on more than what is visible.
        """
        clock = asyncio.get_running_loop().time
        ends = clock() + patience
        while not holds():
            if clock() >= ends:
                return False
            await self.next_change(min(_LOOK_AGAIN, ends - clock()))
        return True
