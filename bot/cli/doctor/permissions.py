"""Check in which servers the bot has no permission to write about logins that agents ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import httpx2

from openab_auth.bot.cli.doctor.asking import ask
from openab_auth.bot.cli.doctor.check import Check
from openab_auth.cogs.auth import DiscordSettings
from openab_auth.oauth.errors import visible_text
from openab_auth.storage import Secret

_NAME: Final = "permissions"
_ADMINISTRATOR: Final = 1 << 3
_NEEDED: Final = {"View Channels": 1 << 10, "Send Messages in Threads": 1 << 38}
_MOST: Final = 200  # servers in one answer of Discord
_NAMED: Final = 10  # servers in the message
_LONGEST: Final = 100  # characters of a server's name
_BITS: Final = 20  # digits of a number of permissions
_HINT: Final = (
    "give them to the bot's role there, unless the channels in which agents work give them; "
    "/auth status in a thread says whether they do"
)


async def check_permissions(
    settings: DiscordSettings, token: Secret, http: httpx2.AsyncClient
) -> tuple[Check, float | None]:
    """Name the servers whose roles do not give the bot the permissions; a channel may still give or deny them."""
    headers = {"Authorization": f"Bot {token.reveal()}"} if token.reveal().isascii() else {}
    answer = await ask(f"{settings.api_base}/users/@me/guilds?limit={_MOST}", http, headers, whole=True)
    if isinstance(answer, str):
        return Check(_NAME, ok=True, message="not checked: Discord did not tell"), None
    guilds = _guilds(answer.reply) if answer.reply.is_success else None
    if guilds is None:
        return Check(_NAME, ok=True, message="not checked: Discord did not tell"), answer.skew
    lacking = [f"{_named(guild)} lacks {missing}" for guild in guilds if (missing := _missing(guild))]
    if not lacking:
        message = f"the bot's roles may see channels and write in threads in {len(guilds)} {_servers(len(guilds))}"
        return Check(_NAME, ok=True, message=message), answer.skew
    more = f", and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return Check(_NAME, ok=True, message=f"{'; '.join(lacking[:_NAMED])}{more}", hint=_HINT), answer.skew


def _guilds(reply: httpx2.Response) -> list[Mapping[str, object]] | None:
    try:
        body = json.loads(reply.content)
    except (ValueError, RecursionError):
        return None
    return [each for each in body if isinstance(each, dict)] if isinstance(body, list) else None


def _missing(guild: Mapping[str, object]) -> str:
    """Return the names of the permissions that the bot's roles do not give in a server."""
    permissions = str(guild.get("permissions"))
    if not permissions.isdecimal() or len(permissions) > _BITS:
        return ""
    bits = int(permissions)
    if bits & _ADMINISTRATOR:
        return ""
    return " and ".join(name for name, bit in _NEEDED.items() if not bits & bit)


def _named(guild: Mapping[str, object]) -> str:
    name, number = (visible_text(str(guild.get(key))) for key in ("name", "id"))
    return f"the server {name[:_LONGEST]!r} ({number[:_BITS]})"


def _servers(count: int) -> str:
    return "server" if count == 1 else "servers"
