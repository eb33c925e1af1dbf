"""Start the playground: two embedded servers, the real bot and the page."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openab_auth.bot.playground.bot_process import BotProcess
from openab_auth.bot.playground.discord import EmbeddedDiscord
from openab_auth.bot.playground.experiments import Experiments
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.bot.playground.live_updates import LiveUpdates
from openab_auth.bot.playground.web import Page, serve_page
from openab_auth.storage import open_store

VENDOR: Final = "playground"
SERVER: Final = "notes"
"""The MCP server; people choose it as `mcp:notes`."""
PEOPLE: Final = {"ada": True, "grace": True, "bob": False}
"""The people, and whether the config allows them to use /auth."""


@dataclass(frozen=True, slots=True)
class Playground:
    """A running playground: the address of its page, and the two servers."""

    url: str
    discord: EmbeddedDiscord
    issuer: Issuer


async def run_playground(port: int | None, *, json_line: bool) -> None:
    """Run the playground until SIGTERM or SIGINT; print one line when people can use it.

    Raises:
        OSError: another process uses the port.
        BotNotStartedError: the bot did not start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with playground(port or 0) as up:
            sys.stdout.write(_ready_line(up, json_line=json_line))
            sys.stdout.flush()
            await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def playground(port: int = 0) -> AsyncIterator[Playground]:
    """Run the playground while the block runs; its store is in a new folder, which is removed at the end.

    Raises:
        OSError: another process uses the port.
        BotNotStartedError: the bot did not start.
    """
    async with AsyncExitStack() as stack:
        home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="openab-auth-playground-"))
        stack.push_async_callback(asyncio.to_thread, shutil.rmtree, home, ignore_errors=True)
        path, file = home / "auth.json", home / "openab-auth.toml"
        discord = await stack.enter_async_context(EmbeddedDiscord.listening())
        issuer = await stack.enter_async_context(Issuer.listening())
        people = {name: discord.person(name) for name in PEOPLE}
        allowed = [people[name].id for name, may in PEOPLE.items() if may]
        await asyncio.to_thread(file.touch, 0o600)  # whatever the umask: the bot refuses a config that others can write
        await asyncio.to_thread(file.write_text, config_text(discord, issuer, allowed, path), encoding="utf-8")
        bot = await stack.enter_async_context(BotProcess.running(file, discord))
        store = open_store(path)
        experiments = Experiments(issuer, bot, store, VENDOR, path=path, config=file)
        stack.push_async_callback(experiments.aclose)
        who = {name: "may log in" if may else "may not log in" for name, may in PEOPLE.items()}
        page = Page(LiveUpdates(discord, issuer, store, experiments), people, who)
        url = await stack.enter_async_context(serve_page(page, port))
        yield Playground(url, discord, issuer)


def config_text(discord: EmbeddedDiscord, issuer: Issuer, allowed: list[int], store: Path) -> str:
    """Return the bot's config, as an operator would write it."""
    users = ", ".join(f'"{each}"' for each in allowed)
    return f"""\
[discord]
bot_token = "{discord.bot_token}"
api_base = "{discord.api_base}"
allowed_users = [{users}]

[store]
path = {json.dumps(str(store))}

[auth]
vendors = ["{VENDOR}", "by-code"]
allow_http_loopback = true  # for the MCP server, which is on this machine, too
refresh_ahead = false  # otherwise the bot would renew an expired token before an agent can

[vendors.{VENDOR}]
title = "Playground"
issuer = "{issuer.url}"
authorize_url = "{issuer.authorize_url}"
token_url = "{issuer.token_url}"
revoke_url = "{issuer.revoke_url}"
client_id = "{CLIENT_ID}"
redirect_uri = "{REDIRECT_URI}"
scopes = ["openid", "email", "offline_access"]
account_from = "email"

[mcp.{SERVER}]
url = "{issuer.mcp.url}"
client_id = "{CLIENT_ID}"
redirect_uri = "{REDIRECT_URI}"

[vendors.by-code]
title = "Playground, by code"
tenant = "{VENDOR}"
flow = "device"
device_url = "{issuer.device_url}"
token_url = "{issuer.token_url}"
revoke_url = "{issuer.revoke_url}"
client_id = "{CLIENT_ID}"
scopes = ["openid", "email", "offline_access"]
account_from = "email"
"""


def _ready_line(up: Playground, *, json_line: bool) -> str:
    if not json_line:
        return f"Playground ready: open {up.url} (Ctrl-C stops it)\n"
    ready = {"ready": True, "url": up.url, "discord_api": up.discord.api_base, "issuer": up.issuer.url}
    return json.dumps(ready) + "\n"
