"""A program that is an agent: it uses everybody's token from Python, and renews those that have to be.

It writes a line of JSON for each token that it asked for: the tenant, and "ok" or the error's code and text.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from openab_auth.oauth.tokens import AccessToken, TokenSource
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import OpenabAuthError, open_store


async def work(store: str, catalogue: Catalogue, tenant: str, chance: random.Random) -> None:
    """Ask for the tenant's token for ever; the source is closed now and then, as agents come and go."""
    used: AccessToken | None = None
    while True:
        async with TokenSource(open_store(store), catalogue=catalogue) as source:
            for _ in range(chance.randint(1, 20)):
                try:
                    if used is not None and chance.random() < 0.3:
                        used = await source.force_refresh(tenant, rejected=used)
                    else:
                        used = await source.get_valid(tenant)
                    outcome = "ok"
                except OpenabAuthError as error:
                    used, outcome = None, f"{error.code}: {error}"
                sys.stdout.write(json.dumps([tenant, outcome]) + "\n")
                sys.stdout.flush()
                await asyncio.sleep(chance.uniform(0, 0.3))


async def main(store: str, config: str, seed: str, *tenants: str) -> None:
    """Work for all tenants at once."""
    catalogue = Catalogue.from_config(read_config(Path(config), {}), {})
    chance = random.Random(seed)  # noqa: S311 - no secret
    await asyncio.gather(*(work(store, catalogue, tenant, chance) for tenant in tenants))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
