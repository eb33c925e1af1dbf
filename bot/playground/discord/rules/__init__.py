"""Discord's rules: its error replies, its documented limits, and its checks of the slash commands of a bot."""

from openab_auth.bot.playground.discord.rules import errors, limits
from openab_auth.bot.playground.discord.rules.declarations import (
    ENTRY_POINT,
    SLASH,
    check_commands,
    check_entry_point,
    registered,
    without_localizations,
)
from openab_auth.bot.playground.discord.rules.errors import ApiError, json_reply
from openab_auth.bot.playground.discord.rules.limits import ACK_DEADLINE, LINK, count, length, parts

__all__ = [
    "ACK_DEADLINE",
    "ENTRY_POINT",
    "LINK",
    "SLASH",
    "ApiError",
    "check_commands",
    "check_entry_point",
    "count",
    "errors",
    "json_reply",
    "length",
    "limits",
    "parts",
    "registered",
    "without_localizations",
]
