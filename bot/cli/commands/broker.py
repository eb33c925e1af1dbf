"""`serve` runs the broker; `key` makes, lists and revokes the keys with which agents ask it."""

from __future__ import annotations

import argparse
import os
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.bot.broker import add_key, default_socket, new_key, read_address, revoke_key
from openab_auth.bot.broker.errors import NoSocketPlaceError
from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.bot.logs import begin_logs
from openab_auth.oauth.accounts import account_word
from openab_auth.oauth.config import store_location
from openab_auth.oauth.threads import thread_in
from openab_auth.oauth.vendors import check_secret_files, read_config, read_tables
from openab_auth.storage import CONSOLE, KEYS, BrokerKey

if TYPE_CHECKING:
    from openab_auth.bot.broker import Listening
    from openab_auth.oauth.runtime import Runtime

_PROG: Final = "openab-auth key"


async def serve(arguments: argparse.Namespace) -> int:
    """Run the broker until SIGTERM or Ctrl-C; SIGHUP reloads its config.

    Raises:
        BrokerError: it cannot listen at these places.
        ConfigError, StorageError: the config has mistakes, or the location names no store.
    """
    from openab_auth.bot.broker import Places, run_broker  # noqa: PLC0415 - `key` needs no server
    from openab_auth.bot.service import Service, ServiceManager  # noqa: PLC0415 - as above

    config = read_config(Path(arguments.config) if arguments.config else None, os.environ)
    begin_logs(config.log, verbose=arguments.verbose)
    check_secret_files(config, read_tables(config, os.environ))
    address = read_address(arguments.listen) if arguments.listen is not None else None
    places = Places(_socket(arguments), arguments.mode, address)
    location = store_location(config, arguments.store, os.environ)
    tell_ready = partial(_tell_ready, as_json=arguments.json)
    await run_broker(config, location, os.environ, places, tell_ready, Service(ServiceManager.take(os.environ)))
    return DONE


def _socket(arguments: argparse.Namespace) -> Path | None:
    if arguments.socket is not None:
        return Path(arguments.socket).absolute()
    try:
        return default_socket(os.environ)
    except NoSocketPlaceError:
        if arguments.listen is None:
            raise
        return None  # the loopback address is enough


def _tell_ready(listening: Listening, *, as_json: bool) -> None:
    socket = None if listening.socket is None else str(listening.socket)
    places = " and ".join(place for place in (socket and f"unix:{socket}", listening.url) if place)
    result = {"ready": True, "socket": socket, "url": listening.url}
    print_result(result, f"the broker listens on {places}", as_json=as_json)


async def key(arguments: argparse.Namespace) -> int:
    """Make a key and print it once, list all keys, or revoke one.

    Raises:
        UsageError: a word is missing, or means nothing here.
        BrokerError: there is such a key already, or none.
        StorageError: the store cannot be read or written.
    """
    named = arguments.name is not None
    limits = bool(arguments.tenant or arguments.thread or arguments.expires)
    if named == (arguments.action == "list") or (limits and arguments.action != "add"):
        message = "give a name to `add` and `revoke`, options only to `add`, and neither to `list`"
        raise UsageError(message, _PROG)
    async with open_runtime(arguments) as runtime:
        if arguments.action == "add":
            await _add(runtime, arguments)
        elif arguments.action == "revoke":
            async with audited(runtime, "key_revoke", user=CONSOLE) as line:
                await runtime.store.update(partial(revoke_key, name=arguments.name))
                line.client = arguments.name
            print_result({"name": arguments.name, "revoked": True}, "revoked", as_json=arguments.json)
        else:
            await _list(runtime, as_json=arguments.json)
    return DONE


async def _add(runtime: Runtime, arguments: argparse.Namespace) -> None:
    if not arguments.tenant:
        message = "name the logins that the key covers with --tenant"
        raise UsageError(message, _PROG)
    thread = thread_in({}, arguments.thread)
    if thread is None:
        for pattern in arguments.tenant:
            account_word(pattern, None)  # without a thread, nobody is meant by `@me`
    now, secret = runtime.clock(), new_key()
    expires_at = None if arguments.expires is None else int(now) + arguments.expires
    record = BrokerKey(secret.fingerprint(), tuple(arguments.tenant), thread, expires_at, int(now))
    async with audited(runtime, "key_add", user=CONSOLE) as line:
        await runtime.store.update(partial(add_key, name=arguments.name, key=record))
        line.client = arguments.name
        line.thread = thread
    print_result({"name": arguments.name, "key": secret.reveal()}, secret.reveal(), as_json=arguments.json)
    consoles.tell("openab-auth: give this key to the agent; it is not shown again\n")


async def _list(runtime: Runtime, *, as_json: bool) -> None:
    keys, now = await runtime.store.records(KEYS), time.time()
    rows: list[dict[str, object]] = [
        {
            "name": name,
            "tenants": [*key.tenants],
            "thread": None if key.thread is None else str(key.thread),
            "expires_at": key.expires_at,
            "created_at": key.created_at,
        }
        for name, key in sorted(keys.items())
    ]
    lines = [_line(name, key, now) for name, key in sorted(keys.items())] or ["there are no keys"]
    print_result({"keys": rows}, "\n".join(lines), as_json=as_json)


def _line(name: str, key: BrokerKey, now: float) -> str:
    thread = "" if key.thread is None else f" in thread {key.thread}"
    if key.expires_at is None:
        end = "no end"
    else:
        until = datetime.fromtimestamp(key.expires_at, UTC)
        end = f"{'expired at' if key.expires_at <= now else 'until'} {until:%Y-%m-%d %H:%M} UTC"
    return f"{name}: {', '.join(key.tenants)}{thread}, {end}"
