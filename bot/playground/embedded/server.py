"""The embedded Discord as a whole: its people, its channels, and the loopback server that a bot connects to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from aiohttp import web

from bot.playground.embedded import rest
from bot.playground.embedded.faults import Faults
from bot.playground.embedded.gateway import DM_MESSAGES, Gateway
from bot.playground.embedded.limits import EPHEMERAL
from bot.playground.embedded.model import Interaction, Message, Where, snowflake
from bot.playground.embedded.person import PATIENCE, Person

GUILD_ID: Final = "700000000000000001"
CHANNEL_ID: Final = "700000000000000002"
BOT_ID: Final = "700000000000000003"


class EmbeddedDiscord:
    """One guild with one text channel, DMs, and one bot; `clock` gives unix seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.bot_token = "playground-bot-token"  # noqa: S105 - of this Discord alone
        self.application_id = BOT_ID
        self.bot_user = _user(BOT_ID, "openab-auth", is_bot=True)
        self.faults = Faults()
        self.requests: list[rest.Seen] = []
        self.registered: dict[str | None, list[dict[str, Any]]] = {}  # by guild, None for everywhere
        self.interactions: dict[str, Interaction] = {}  # by token
        self.gateway = Gateway(self.bot_token, self._ready, self._guild)
        self.address = ""
        self._people: dict[str, Person] = {}
        self._channels: dict[str, list[Message]] = {CHANNEL_ID: []}
        self._dms: dict[str, str] = {}  # channel by person
        self._changes = 0
        self._changed = asyncio.Condition()

    @classmethod
    @asynccontextmanager
    async def listening(cls, *, port: int = 0, clock: Callable[[], float] = time.time) -> AsyncIterator[Self]:
        """An embedded Discord on 127.0.0.1 while the block runs."""
        discord = cls(clock=clock)
        runner = web.AppRunner(rest.application(discord), access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        discord.address = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield discord
        finally:
            await discord.gateway.drop(1001)
            await runner.cleanup()

    @property
    def api_base(self) -> str:
        """What `[discord] api_base` is set to."""
        return f"http://{self.address}/api/v10"

    def person(self, name: str, *, roles: tuple[int, ...] = (), is_bot: bool = False) -> Person:
        """Somebody new in the guild."""
        person = Person(self, _user(snowflake(self.clock()), name, is_bot=is_bot), roles)
        self._people[person.user["id"]] = person
        return person

    def commands(self) -> list[dict[str, Any]]:
        """What people can type here."""
        return [*self.registered.get(None, []), *self.registered.get(GUILD_ID, [])]

    def message(self, message_id: str) -> Message | None:
        """The message of this id."""
        return next((each for channel in self._channels.values() for each in channel if each.id == message_id), None)

    def channel(self, channel_id: str) -> list[Message]:
        """The channel's messages, oldest first."""
        return self._channels[channel_id]

    def channel_id(self, person: Person, where: Where) -> str:
        """The channel in which this person writes."""
        return self.dm_channel(person) if where == "dm" else CHANNEL_ID

    def dm_channel(self, person: Person) -> str:
        """The channel between this person and the bot, opened when it is not there."""
        return self.open_dm(person.user["id"])

    def open_dm(self, person_id: str) -> str:
        """As `dm_channel`, by the person's id."""
        if person_id not in self._dms:
            self._dms[person_id] = snowflake(self.clock())
            self._channels[self._dms[person_id]] = []
        return self._dms[person_id]

    def post(
        self, channel_id: str, body: dict[str, Any], *, seen_by: str | None = None, author: dict[str, Any] | None = None
    ) -> Message:
        """Put a message into a channel; the bot's own where no author is given."""
        message = Message(
            snowflake(self.clock()),
            channel_id,
            author or self.bot_user,
            dict(body),
            seen_by=seen_by if int(body.get("flags") or 0) & EPHEMERAL else None,
        )
        self._channels[channel_id].append(message)
        return message

    async def say(self, person: Person, text: str) -> None:
        """A person writes to the bot in the DM between them."""
        message = self.post(self.dm_channel(person), {"content": text}, author=person.user)
        await self.gateway.dispatch("MESSAGE_CREATE", message.payload(), intent=DM_MESSAGES)
        await self.touch()

    async def interact(  # noqa: PLR0913 - what the event itself holds
        self,
        person: Person,
        kind: int,
        data: dict[str, Any],
        where: Where = "guild",
        *,
        channel_id: str | None = None,
        message: Message | None = None,
        command: str | None = None,
    ) -> Interaction:
        """A person's act, sent to the bot as an INTERACTION_CREATE."""
        channel_id = channel_id or self.channel_id(person, where)
        now = self.clock()
        interaction = Interaction(snowflake(now), kind, person.user["id"], channel_id, now, command, message)
        self.interactions[interaction.token] = interaction
        await self.gateway.dispatch("INTERACTION_CREATE", self._event(interaction, person, data))
        return interaction

    async def touch(self) -> None:
        """Tell whoever waits that something changed."""
        async with self._changed:
            self._changes += 1
            self._changed.notify_all()

    async def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
        """Wait until `holds()`, looking after each change; False when it does not in time."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(holds)
        except TimeoutError:
            return holds()
        return True

    async def next_change(self, seconds: float = PATIENCE) -> bool:
        """Wait for the next change; False when there is none in time."""
        before = self._changes
        return await self.until(lambda: self._changes != before, seconds)

    def _event(self, interaction: Interaction, person: Person, data: dict[str, Any]) -> dict[str, Any]:
        in_guild = interaction.channel_id == CHANNEL_ID
        event: dict[str, Any] = {
            "id": interaction.id,
            "application_id": self.application_id,
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": interaction.channel_id,
            "channel": _channel(interaction.channel_id, in_guild=in_guild, person=person.user),
            "attachment_size_limit": 10_485_760,
            "locale": "en-US",
            "app_permissions": "0",
            "entitlements": [],
            "context": 0 if in_guild else 1,
            "authorizing_integration_owners": {"0": GUILD_ID if in_guild else "0"},
        }
        if interaction.message is not None:
            event["message"] = interaction.message.payload()
        if in_guild:
            event |= {
                "guild_id": GUILD_ID,
                "guild": {"id": GUILD_ID, "locale": "en-US", "features": []},
                "guild_locale": "en-US",
                "member": {**_member(person.user, person.roles), "permissions": "0"},
            }
        else:
            event["user"] = person.user
        return event

    def _ready(self) -> dict[str, Any]:
        return {
            "v": 10,
            "user": self.bot_user,
            "guilds": [{"id": GUILD_ID, "unavailable": True}],
            "resume_gateway_url": f"ws://{self.address}/gateway",
            "application": {"id": self.application_id, "flags": 0},
        }

    def _guild(self) -> dict[str, Any]:
        everyone: Mapping[str, Any] = {
            "id": GUILD_ID,
            "name": "@everyone",
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": 0,
            "permissions": "0",
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }
        return {
            "id": GUILD_ID,
            "name": "Playground",
            "owner_id": BOT_ID,
            "roles": [everyone],
            "emojis": [],
            "stickers": [],
            "features": [],
            "channels": [{**_channel(CHANNEL_ID, in_guild=True, person={}), "guild_id": GUILD_ID, "position": 0}],
            "threads": [],
            "members": [_member(self.bot_user, ())],
            "member_count": 1 + len(self._people),
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "system_channel_flags": 0,
            "afk_timeout": 300,
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
        }


def _user(user_id: str, name: str, *, is_bot: bool) -> dict[str, Any]:
    return {
        "id": user_id,
        "username": name,
        "discriminator": "0",
        "global_name": None if is_bot else name.title(),
        "avatar": None,
        "bot": is_bot,
        "flags": 0,
        "public_flags": 0,
    }


def _member(user: dict[str, Any], roles: tuple[int, ...]) -> dict[str, Any]:
    return {
        "user": user,
        "roles": [str(role) for role in roles],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def _channel(channel_id: str, *, in_guild: bool, person: Mapping[str, Any]) -> dict[str, Any]:
    if in_guild:
        return {
            "id": channel_id,
            "type": 0,
            "name": "general",
            "permission_overwrites": [],
            "permissions": "0",
            "nsfw": False,
            "topic": None,
            "rate_limit_per_user": 0,
            "parent_id": None,
        }
    return {"id": channel_id, "type": 1, "recipients": [dict(person)], "last_message_id": None, "flags": 0}
