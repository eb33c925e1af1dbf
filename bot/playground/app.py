"""Start the playground: two embedded servers, the real bot and the page."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openab_auth.bot.playground.bot_process import BotProcess
from openab_auth.bot.playground.discord import ChannelId, EmbeddedDiscord, Person, Where
from openab_auth.bot.playground.experiments import Experiments
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.bot.playground.live_updates import LiveUpdates
from openab_auth.bot.playground.store import opened_store
from openab_auth.bot.playground.thread_accounts import ThreadAccounts
from openab_auth.bot.playground.web import Page, Place, serve_page
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.storage import Store, ThreadId, in_thread

VENDOR: Final = "playground"
BY_KEY: Final = "by-key"
"""The vendor that takes an API key."""
SERVER: Final = "notes"
"""The MCP server; people choose it as `mcp:notes`."""
PEOPLE: Final = {"ada": True, "grace": True, "bob": False}
"""The people, and whether the config allows them to use /auth."""
PERSONAL: Final = "own-accounts"
"""The channel whose threads use personal accounts."""
_THREADS: Final[Mapping[str, Mapping[str, str]]] = {
    "general": {"shared-thread": "ada"},
    PERSONAL: {"ada-thread": "ada", "grace-thread": "grace"},
}
"""The threads of each channel, and who starts them."""
_FIRST_MESSAGE: Final = "Please mend the build."
_RECORDED: Final = 10.0  # seconds until the bot has recorded the threads; the page says so if it has not
_LOOK: Final = 0.05  # seconds between two looks whether it has


@dataclass(frozen=True, slots=True)
class Playground:
    """A running playground: the address of its page, and the two servers."""

    url: str
    discord: EmbeddedDiscord
    issuer: Issuer


async def run_playground(port: int | None, url: str | None = None, *, json_line: bool) -> None:
    """Run the playground until SIGTERM or SIGINT; print one line when people can use it.

    Raises:
        OSError: another process uses the port.
        BotNotStartedError: the bot did not start.
        StorageError, SchemaLeftError: as `opened_store`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with playground(port or 0, url) as up:
            sys.stdout.write(_ready_line(up, json_line=json_line))
            sys.stdout.flush()
            await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def playground(port: int = 0, url: str | None = None) -> AsyncIterator[Playground]:
    """Run the playground while the block runs; its store is removed at the end.

    The store is a file in a new folder, or a new schema in the PostgreSQL database at `url`.

    Raises:
        OSError: another process uses the port.
        BotNotStartedError: the bot did not start.
        StorageError, SchemaLeftError: as `opened_store`.
    """
    async with AsyncExitStack() as stack:
        home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="openab-auth-playground-"))
        stack.push_async_callback(asyncio.to_thread, shutil.rmtree, home, ignore_errors=True)
        file = home / "openab-auth.toml"
        place = await stack.enter_async_context(opened_store(home, url))
        discord = await stack.enter_async_context(EmbeddedDiscord.listening())
        issuer = await stack.enter_async_context(Issuer.listening())
        people = {name: discord.person(name) for name in PEOPLE}
        await discord.delete_thread()  # it is older than the bot, which would not know who started it
        personal = discord.new_channel(PERSONAL)
        settings = config_text(discord, issuer, people, personal, place.settings)
        await asyncio.to_thread(file.touch, 0o600)  # whatever the umask: the bot refuses a config that others can write
        await asyncio.to_thread(file.write_text, settings, encoding="utf-8")
        bot = await stack.enter_async_context(BotProcess.running(file, discord, place.environment))
        store = await in_thread(place.open)
        places = await _open_places(discord, people, store, personal)
        threads = _threads(places)
        experiments = Experiments(issuer, bot, store, VENDOR, place=place, config=file, threads=threads)
        stack.push_async_callback(experiments.aclose)
        accounts = ThreadAccounts(await in_thread(place.open), file, (VENDOR, BY_KEY), threads)
        stack.push_async_callback(accounts.aclose)
        who = {name: "may log in" if may else "may not log in" for name, may in PEOPLE.items()}
        live = LiveUpdates(discord, issuer, store, experiments, accounts)
        page = Page(live, people, who, places, place)
        url = await stack.enter_async_context(serve_page(page, port))
        yield Playground(url, discord, issuer)


async def _open_places(
    discord: EmbeddedDiscord, people: Mapping[str, Person], store: Store, personal: ChannelId
) -> list[Place]:
    """Let people start the threads, wait until the bot has recorded them, and return the places of the page."""
    places: list[Place] = []
    for channel, threads in _THREADS.items():
        where: Where = personal if channel == PERSONAL else "guild"
        places.append(Place(where, channel, "channel", accounts="personal" if channel == PERSONAL else "shared"))
        for name, owner in threads.items():
            thread = await people[owner].start_thread(name, _FIRST_MESSAGE, where=where)
            places.append(Place(thread, name, "thread", owner=owner))

    def recorded() -> bool:
        records = ThreadRecords(store.threads())
        has_policies = records.policies(int(discord.state.application_id)) is not None
        return has_policies and all(records.seen(ThreadId(int(thread))) for thread in _threads(places))

    with suppress(TimeoutError):
        async with asyncio.timeout(_RECORDED):
            while not await in_thread(recorded):
                await discord.next_change(_LOOK)
    return [*places, Place("dm", "openab", "dm")]


def _threads(places: Iterable[Place]) -> list[str]:
    return [place.where for place in places if place.kind == "thread"]


def config_text(
    discord: EmbeddedDiscord, issuer: Issuer, people: Mapping[str, Person], personal: ChannelId, store: str
) -> str:
    """Return the bot's config, as an operator would write it.

    `personal` is the channel with personal accounts; `store` has the lines of the table `[store]`.
    """
    allowed = [person for name, person in people.items() if PEOPLE[name]]
    users, names = ", ".join(f'"{each.id}"' for each in allowed), ", ".join(each.name for each in allowed)
    return f"""\
[discord]
bot_token = "{discord.bot_token}"
api_base = "{discord.api_base}"
allowed_users = [{users}]  # {names}
operators = ["{discord.state.owner["id"]}"]  # who is not on the page; otherwise the people above are operators, too

[store]
{store}

[auth]
vendors = ["{VENDOR}", "by-code", "{BY_KEY}"]
accounts = "shared"  # agents in a thread use the account for everyone here
allow_http_loopback = true  # for the MCP server, which is on this machine, too
refresh_ahead = false  # otherwise the bot would renew an expired token before an agent can

[auth.channels."{personal}"]  # {PERSONAL}
accounts = "personal"  # agents in its threads use the account of the person who started the thread

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

[vendors.{BY_KEY}]
title = "Playground, by key"
flow = "key"
authorize_url = "{issuer.keys.page}"
check_url = "{issuer.keys.check_url}"

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
