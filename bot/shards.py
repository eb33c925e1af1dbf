"""Ask Discord how many connections the bot needs: a bot in many servers has to share them among shards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx2

from openab_auth.bot.errors import DiscordSessionsError, DiscordUnavailableError
from openab_auth.bot.proxy import Proxy, way_to_discord
from openab_auth.bot.refusals import read_refusal
from openab_auth.oauth.client import json_object
from openab_auth.oauth.http import BoundedTransport, new_client
from openab_auth.storage import Secret

_DEADLINE: Final = 8.0  # seconds
_PAUSE: Final = 1.0  # seconds before the second try
_REFUSED_TOKEN: Final = 401


async def ask_shards(api_base: str, token: Secret, proxy: Proxy | None = None) -> int:
    """Return how many shards Discord recommends for this bot, by `GET /gateway/bot`; most bots need one.

    A token that Discord refuses gives 1, and so does a Discord that cannot be reached: the login that follows explains
    it.

    Raises:
        DiscordUnavailableError: the server there does not answer as Discord does.
        DiscordRefusedError: it refuses, in its own words.
        DiscordSessionsError: so many sessions were begun today that Discord allows no more.
    """
    reply = None
    for pause in (_PAUSE, 0.0):  # a bot that needs shards must not start without them because of one lost packet
        try:
            reply = await ask_discord(api_base, "/gateway/bot", proxy, token)
            break
        except DiscordUnavailableError as error:
            if error.__cause__ is None:  # it was reached
                raise
            await asyncio.sleep(pause)
    if reply is None:
        return 1
    shards, limit = reply.get("shards"), reply.get("session_start_limit")
    if not isinstance(shards, int) or shards < 1:
        raise DiscordUnavailableError(api_base, "it does not say how many shards the bot needs")
    if isinstance(limit, dict):
        left, resets_in = limit.get("remaining"), limit.get("reset_after")
        if isinstance(left, int) and isinstance(resets_in, int) and left < shards:
            raise DiscordSessionsError(left, shards, resets_in / 1000)
    return shards


async def ask_discord(
    api_base: str, path: str, proxy: Proxy | None = None, token: Secret | None = None
) -> Mapping[str, object] | None:
    """Return the JSON object at `path` of Discord's API; None if Discord refuses the token.

    Raises:
        DiscordUnavailableError: no server there answers as Discord does.
        DiscordRefusedError: it refuses, in its own words.
    """
    way = str(proxy) if proxy else ""
    headers = {} if token is None else {"Authorization": f"Bot {token.reveal()}"}
    try:
        async with (
            asyncio.timeout(_DEADLINE),
            new_client(environ=way_to_discord(proxy)) as http,
        ):
            request = http.build_request("GET", f"{api_base}{path}", headers=headers)
            reply = await BoundedTransport(http).handle_async_request(request)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError) as error:
        raise DiscordUnavailableError(api_base, type(error).__name__, way) from error
    if token is not None and reply.status_code == _REFUSED_TOKEN:
        return None
    if not reply.is_success:
        raise read_refusal(reply.status_code, json_object(reply)).error(api_base, way)
    return json_object(reply) or {}
