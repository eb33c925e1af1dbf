"""Step-up: more scopes at a server that demands them, and its end."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from openab_auth.oauth.errors import InsufficientScopeError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore
from tests.support.mcp_servers import call, entry_of, log_in


async def test_step_up_asks_for_old_and_new_scopes_together(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """MCP, step-up authorization: a 403 that an agent sees leads to a login for the union."""
    await log_in(logins, "mcp:new")
    with pytest.raises(InsufficientScopeError, match=r"admin.*log in again") as lacks:
        await call(source, urls, "new", "wipe")
    assert lacks.value.scopes == ("admin",)
    assert (await call(source, urls, "new", "add", a=1, b=1)).status_code == 200

    await log_in(logins, "mcp:new")

    assert set((await entry_of(store, "new")).granted_scopes) == {"read", "admin"}
    assert (await call(source, urls, "new", "wipe")).status_code == 200


async def test_a_server_that_never_grants_what_it_demands_is_not_asked_for_ever(
    logins: Logins, source: TokenSource, store: AsyncStore
) -> None:
    await log_in(logins, "mcp:new")
    for _ in range(3):
        assert "log in again" in (await source.demand("mcp:new", ("write",))).todo
        await log_in(logins, "mcp:new")

    assert "the people who run the server must grant them" in (await source.demand("mcp:new", ("write",))).todo
    assert "log in again" in (await source.demand("mcp:new", ("admin",))).todo


async def test_an_operators_scopes_are_not_widened_by_a_server(
    logins: Logins, source: TokenSource, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:closed")

    with pytest.raises(InsufficientScopeError, match=r"add them to scopes in \[mcp.closed\]"):
        await call(source, urls, "closed", "wipe")
