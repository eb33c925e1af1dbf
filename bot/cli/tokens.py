"""`token` and `refresh`: what agents and scripts call."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from openab_auth.bot.cli.output import DONE, print_result
from openab_auth.bot.cli.session import open_session
from openab_auth.oauth.accounts import resolve
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import McpEntry, Secret, StorageError, TokenEntry


async def token(arguments: argparse.Namespace) -> int:
    """Print a valid access token, refreshed first where it has to be."""
    session = open_session(arguments)
    async with TokenSource(session.store, catalogue=session.catalogue) as source:
        if arguments.min_ttl is None:
            valid = await source.get_valid(arguments.tenant)
        else:
            valid = await source.get_valid(arguments.tenant, min_ttl=arguments.min_ttl)
    value = valid.value.reveal()
    result = {"access_token": value, "expires_at": valid.expires_at, "token_type": "Bearer"}
    print_result(result, value, as_json=arguments.json)
    return DONE


def refresh(arguments: argparse.Namespace) -> Coroutine[Any, Any, int]:
    """Refresh now; with `--rejected` only if the token that a server refused is still the stored one."""
    return _refresh(arguments, Secret(sys.stdin.readline().strip()) if arguments.rejected else None)


async def _refresh(arguments: argparse.Namespace, rejected: Secret | None) -> int:
    session = open_session(arguments)
    entries = await session.store.read()
    tenant = resolve(arguments.tenant, session.catalogue, entries).tenant
    before, refreshed = entries.get(tenant), False
    async with TokenSource(session.store, catalogue=session.catalogue) as source:
        renewed = await source.force_refresh(arguments.tenant, rejected=rejected)
        with suppress(OSError, StorageError):  # the token was renewed, whether the store can be read now or not
            refreshed = (await session.store.read()).get(tenant) != before
    if isinstance(before, TokenEntry | McpEntry):  # a new token that the store could not take is new all the same
        refreshed = refreshed or renewed.value != before.access_token
    result = {"tenant": tenant, "expires_at": renewed.expires_at, "refreshed": refreshed}
    text = f"{tenant}: {'refreshed' if refreshed else 'another token was stored already; nothing was requested'}"
    print_result(result, text, as_json=arguments.json)
    return DONE
