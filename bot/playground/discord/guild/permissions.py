"""What the bot may do in each channel: the permissions of everyone in the guild, without those that a channel denies.

See https://discord.com/developers/docs/topics/permissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Permission: TypeAlias = Literal["view_channel", "send_messages", "send_messages_in_threads"]
"""A permission that a channel can deny the bot; the names are those of discord.py."""

EVERYTHING: Final = (1 << 53) - 1
MANAGE_THREADS: Final = 1 << 34
BITS: Final[Mapping[Permission, int]] = {
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "send_messages_in_threads": 1 << 38,
}
PERMISSIONS: Final = tuple(BITS)
_ADMINISTRATOR: Final = 1 << 3  # no channel can deny anything to an administrator
_OF_EVERYONE: Final = EVERYTHING & ~_ADMINISTRATOR & ~MANAGE_THREADS
_MEMBER: Final = 1  # the type of an overwrite for one member


class Permissions:
    """The bot's permissions in the guild and in its text channels; a thread has those of its channel."""

    def __init__(self) -> None:
        self.in_guild = _OF_EVERYONE
        self._denied: dict[str, int] = {}  # by channel

    def allow(self, channel_id: str, permission: Permission, *, may: bool) -> None:
        """Deny the bot a permission in a channel, or remove the denial."""
        denied, bit = self._denied.get(channel_id, 0), BITS[permission]
        self._denied[channel_id] = denied & ~bit if may else denied | bit

    def in_channel(self, channel_id: str) -> int:
        """Return the bot's permissions in a text channel."""
        return self.in_guild & ~self._denied.get(channel_id, 0)

    def has(self, channel_id: str, permission: Permission) -> bool:
        """Return whether the bot has a permission in a text channel."""
        return bool(self.in_channel(channel_id) & BITS[permission])

    def overwrites(self, channel_id: str, bot_id: str) -> list[dict[str, object]]:
        """Return the channel's overwrites in the form of the API."""
        denied = self._denied.get(channel_id, 0)
        return [{"id": bot_id, "type": _MEMBER, "allow": "0", "deny": str(denied)}] if denied else []
