"""Open the logins for one command, and close them at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime


@asynccontextmanager
async def open_logins(runtime: Runtime) -> AsyncIterator[Logins]:
    """Yield the logins of `runtime`; at the end, wait for unfinished logins and close the runtime."""
    async with runtime:
        logins = Logins.of(runtime)
        try:
            yield logins
        finally:
            await logins.aclose()
