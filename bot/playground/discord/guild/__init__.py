"""The guild that the server hosts: its members, messages and interactions, and how Discord describes each of them."""

from openab_auth.bot.playground.discord.guild import payloads
from openab_auth.bot.playground.discord.guild.model import (
    EPHEMERAL,
    HAS_THREAD,
    LOADING,
    ChannelId,
    Interaction,
    Json,
    Member,
    Message,
    Thread,
    Where,
)
from openab_auth.bot.playground.discord.guild.permissions import PERMISSIONS, Permission
from openab_auth.bot.playground.discord.guild.state import State

__all__ = [
    "EPHEMERAL",
    "HAS_THREAD",
    "LOADING",
    "PERMISSIONS",
    "ChannelId",
    "Interaction",
    "Json",
    "Member",
    "Message",
    "Permission",
    "State",
    "Thread",
    "Where",
    "payloads",
]
