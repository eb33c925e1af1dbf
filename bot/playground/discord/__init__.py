"""An embedded Discord on loopback; the real discord.py client connects to its REST API and gateway."""

from openab_auth.bot.playground.discord.guild import PERMISSIONS, ChannelId, Message, Permission, Where
from openab_auth.bot.playground.discord.person import ActionRefusedError, Modal, OptionValue, Person, ShownResponse
from openab_auth.bot.playground.discord.server import EmbeddedDiscord

__all__ = [
    "PERMISSIONS",
    "ActionRefusedError",
    "ChannelId",
    "EmbeddedDiscord",
    "Message",
    "Modal",
    "OptionValue",
    "Permission",
    "Person",
    "ShownResponse",
    "Where",
]
