"""Starts the playground: two embedded servers, the real bot between them, and the page."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.app import running_bot
from bot.playground.discord import EmbeddedDiscord
from bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from bot.playground.web import Page, serving
from oauth.config import read_config
from storage import open_store

VENDOR: Final = "playground"
ALLOWED: Final = "ada"
STRANGER: Final = "bob"


@dataclass(frozen=True, slots=True)
class Playground:
    """A playground that is up: the address of its page, and the two servers."""

    url: str
    discord: EmbeddedDiscord
    issuer: Issuer
    bot: asyncio.Task[None]


async def run_playground(port: int | None, *, json_line: bool) -> None:
    """Be the playground until SIGTERM or SIGINT; prints one line when people can use it.

    Raises:
        OSError: the port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with playground(port or 0) as up:
            sys.stdout.write(_ready_line(up, json_line=json_line))
            sys.stdout.flush()
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait((stopped, up.bot), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if up.bot.done():
                up.bot.result()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def playground(port: int = 0) -> AsyncIterator[Playground]:
    """Everything up while the block runs; its store lies in a new folder that is removed at the end."""
    home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="openab-auth-playground-"))
    try:
        async with EmbeddedDiscord.listening() as discord, Issuer.listening() as issuer:
            people = {name: discord.person(name) for name in (ALLOWED, STRANGER)}
            store = home / "auth.json"
            file = home / "openab-auth.toml"
            text = config_text(discord, issuer, allowed=people[ALLOWED].id, store=store)
            await asyncio.to_thread(file.write_text, text, encoding="utf-8")
            # An empty environment: no variable of the operator's reaches the playground.
            config = await asyncio.to_thread(read_config, file, {})
            async with running_bot(config, str(store), {}) as bot:
                page = Page(discord, issuer, people, {ALLOWED: "allowed", STRANGER: "not allowed"}, open_store(store))
                async with serving(page, port) as url:
                    yield Playground(url, discord, issuer, bot)
    finally:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


def config_text(discord: EmbeddedDiscord, issuer: Issuer, *, allowed: int | str, store: Path) -> str:
    """The config that the bot starts with, as an operator would write it."""
    quoted = {name: json.dumps(str(value)) for name, value in {"store": store, "allowed": allowed}.items()}
    return f"""\
[discord]
bot_token = "{discord.bot_token}"
api_base = "{discord.api_base}"
allowed_users = [{quoted["allowed"]}]

[store]
path = {quoted["store"]}

[auth]
vendors = ["{VENDOR}"]

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
"""


def _ready_line(up: Playground, *, json_line: bool) -> str:
    if not json_line:
        return f"Playground ready: open {up.url} (Ctrl-C ends it)\n"
    ready = {"ready": True, "url": up.url, "discord_api": up.discord.api_base, "issuer": up.issuer.url}
    return json.dumps(ready) + "\n"
