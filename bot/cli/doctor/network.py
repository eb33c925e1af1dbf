"""Check the way into the network, and what is there: Discord, each vendor, and this machine's clock."""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import httpx2

from openab_auth.bot.cli.doctor.asking import ask
from openab_auth.bot.cli.doctor.check import Check
from openab_auth.bot.cli.doctor.permissions import check_permissions
from openab_auth.bot.proxy import Proxy, way_to_discord
from openab_auth.bot.refusals import read_refusal
from openab_auth.cogs.auth import DiscordSettings
from openab_auth.oauth.client import json_object
from openab_auth.oauth.config import find_program
from openab_auth.oauth.errors import NetworkVariableError
from openab_auth.oauth.flows import flow_of
from openab_auth.oauth.http import all_proxies, new_client
from openab_auth.oauth.http.certificates import CERTIFICATE_VARIABLES, tls_context
from openab_auth.oauth.vendors import Vendor

_MEMBERS_INTENT: Final = 1 << 14 | 1 << 15  # flags of an application: for verified bots, and for the others
_CLOCK_SKEW: Final = 60  # seconds; half of the time before its end at which a token is refreshed


def check_environment(environ: Mapping[str, str]) -> list[Check]:
    """Check the variables about proxies and certificates."""
    return [
        _check_variables("proxy", lambda: _describe_proxies(environ)),
        _check_variables("certificates", lambda: _describe_certificates(environ)),
    ]


async def check_network(
    vendors: Sequence[Vendor],
    discord: DiscordSettings | None,
    proxy: Proxy | None = None,
    *,
    for_bot: bool = False,
    needs_members: bool = False,
) -> list[Check]:
    """Ask all servers once, at the same time; Discord through the bot's `proxy`. A bot must have a token.

    `needs_members`: the config asks for the server members intent, so Discord must have it switched on.
    """
    try:
        to_vendors, to_discord = new_client(), new_client(environ=way_to_discord(proxy))
    except NetworkVariableError:
        programs = [_look_at_program(vendor) for vendor in vendors if flow_of(vendor).runs_program]
        hint = "correct the proxy or the certificates first"
        return [*programs, Check("network", ok=False, message="not checked: no request can be sent", hint=hint)]
    async with to_vendors as http, to_discord as ours:
        asked = [_look_at_discord(discord, ours, proxy, for_bot=for_bot)] if discord else []
        if discord and discord.bot_token and needs_members:
            asked.append(_look_at_members_intent(discord, ours))
        if discord and discord.bot_token and discord.requests == "thread":
            asked.append(check_permissions(discord, discord.bot_token, ours))
        found = await asyncio.gather(*asked, *(_look_at_vendor(vendor, http) for vendor in vendors))
    clock = _look_at_clock([skew for _, skew in found if skew is not None])
    return [*(check for check, _ in found), clock]


def _check_variables(name: str, describe: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, message=describe())
    except NetworkVariableError as error:
        return Check(name, ok=False, message=error.happened, hint=error.todo)


def _describe_proxies(environ: Mapping[str, str]) -> str:
    proxies = [f"{variable} names {proxy.address}" for variable, proxy in all_proxies(environ).items()]
    return ", ".join(proxies) or "none; requests go out directly"


def _describe_certificates(environ: Mapping[str, str]) -> str:
    tls_context(environ)
    return next((f"those of {name}" for name in CERTIFICATE_VARIABLES if environ.get(name)), "the system's")


async def _look_at_discord(
    settings: DiscordSettings, http: httpx2.AsyncClient, proxy: Proxy | None, *, for_bot: bool
) -> tuple[Check, float | None]:
    if settings.bot_token is None:
        hint = f"set DISCORD_TOKEN or [discord] bot_token{'' if for_bot else ', unless this machine runs no bot'}"
        message = f"{'' if for_bot else 'not checked: '}no bot token is set"
        return Check("discord", ok=not for_bot, message=message, hint=hint), None
    if not settings.bot_token.reveal().isascii():
        hint = "copy the token again from the Bot page of Discord's developer portal"
        return Check(
            "discord", ok=False, message="the bot token contains characters that no token has", hint=hint
        ), None
    headers = {"Authorization": f"Bot {settings.bot_token.reveal()}"}
    way = f" through {proxy}" if proxy else ""
    answer = await ask(f"{settings.api_base}/users/@me", http, headers, whole=True)
    if isinstance(answer, str):
        message = f"no answer from {settings.api_base}{way} ({answer})"
        return Check("discord", ok=False, message=message, hint="check the network and the proxy"), None
    if answer.status == httpx2.codes.UNAUTHORIZED:
        hint = "copy the token again from the Bot page of Discord's developer portal"
        return Check("discord", ok=False, message="Discord refuses the bot token", hint=hint), answer.skew
    if not answer.reply.is_success:
        message = f"{settings.api_base} refuses{way}: {read_refusal(answer.status, json_object(answer.reply))}"
        return Check(
            "discord", ok=False, message=message, hint="correct what it names, or try again later"
        ), answer.skew
    message = f"{settings.api_base} can be reached{way} and takes the bot token"
    return Check("discord", ok=True, message=message), answer.skew


async def _look_at_members_intent(settings: DiscordSettings, http: httpx2.AsyncClient) -> tuple[Check, float | None]:
    """Check that the application has the server members intent, without which Discord closes the bot's connection."""
    assert settings.bot_token is not None  # noqa: S101 - the caller has checked it
    name, token = "server members intent", settings.bot_token.reveal()
    headers = {"Authorization": f"Bot {token}"} if token.isascii() else {}
    answer = await ask(f"{settings.api_base}/applications/@me", http, headers, whole=True)
    flags = None if isinstance(answer, str) else (json_object(answer.reply) or {}).get("flags")
    skew = None if isinstance(answer, str) else answer.skew
    if not isinstance(flags, int) or (not isinstance(answer, str) and not answer.reply.is_success):
        return Check(
            name, ok=False, message="not checked: Discord did not tell", hint="correct the way to Discord"
        ), skew
    if flags & _MEMBERS_INTENT:
        return Check(name, ok=True, message="on, as [auth] on_leave needs it"), skew
    hint = "switch on Server Members Intent on the Bot page of Discord's developer portal, or remove on_leave"
    return Check(name, ok=False, message="off, and [auth] on_leave needs it: the bot will not start", hint=hint), skew


async def _look_at_vendor(vendor: Vendor, http: httpx2.AsyncClient) -> tuple[Check, float | None]:
    """Check that a vendor's endpoint answers; a refusal counts, because the request carries no token."""
    if flow_of(vendor).runs_program:
        return _look_at_program(vendor), None
    name = f"{vendor.name} reach"
    url = vendor.token_url or vendor.device_url or vendor.issuer or vendor.check_url
    if not url:
        return Check(name, ok=True, message="needs no network"), None
    answer = await ask(url, http)
    if isinstance(answer, str):
        message = f"no answer from {httpx2.URL(url).host} ({answer})"
        hint = "check the network, the proxy and the vendor's address"
        return Check(name, ok=False, message=message, hint=hint), None
    return Check(name, ok=True, message=f"{httpx2.URL(url).host} can be reached (HTTP {answer.status})"), answer.skew


def _look_at_program(vendor: Vendor) -> Check:
    name, program = f"{vendor.name} program", vendor.command[0]
    if place := find_program(program, os.environ):
        return Check(name, ok=True, message=place)
    return Check(
        name, ok=False, message=f"{program} is not on PATH", hint=f"install it, or set command of {vendor.name}"
    )


def _look_at_clock(skews: Sequence[float]) -> Check:
    """Compare the clock with the median of the answers: a server's clock may be wrong, too."""
    if not skews:
        return Check("clock", ok=True, message="not checked: no server sent a date")
    skew = statistics.median(skews)
    if abs(skew) <= _CLOCK_SKEW:
        return Check("clock", ok=True, message=f"within {_CLOCK_SKEW} s of the servers' clocks")
    message = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the servers' clocks"
    return Check("clock", ok=False, message=message, hint="set the clock; it decides when tokens are refreshed")
