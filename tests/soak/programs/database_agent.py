"""An agent that asks for its tokens again and again; it ends when its input ends. A failure of ours is no news.

Arguments, in JSON: the place of the store (URL, options, environment), the vendors, and the tenants.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, StoreOptions, open_store
from openab_auth.storage.errors import OpenabAuthError


async def main() -> None:
    (url, options, environ), vendors, tenants = map(json.loads, sys.argv[1:])
    options["keys"] = tuple(options["keys"])
    store = AsyncStore(open_store(url, StoreOptions(**options), environ))
    source = TokenSource(store, catalogue=Catalogue.from_config(Config(vendors=vendors), {}), driver=Driver())
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    print("begun", flush=True)
    got = 0

    async def use(tenant: str) -> None:
        nonlocal got
        while not ended.done():
            try:
                await source.get_valid(tenant)
                got += 1
            except OpenabAuthError as error:
                print(f"{tenant}: {error}", file=sys.stderr)
            await asyncio.sleep(random.uniform(0.0, 0.2))  # noqa: S311 - spreads, hides nothing

    await asyncio.gather(*map(use, tenants))
    await source.aclose()
    print(got, flush=True)


asyncio.run(main())
