"""A stored login, and a refresh of this login that is running."""

from __future__ import annotations

import asyncio

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.storage import AsyncStore, TokenEntry


async def stored(store: AsyncStore, tenant: str = "lab") -> TokenEntry:
    entry = (await store.read())[tenant]
    assert isinstance(entry, TokenEntry)
    return entry


async def reached(issuer: Issuer) -> None:
    """Wait until the request of a refresh has reached the server."""
    while not issuer.requests("/token"):  # the issuer has no event for it
        await asyncio.sleep(0.005)
