"""A login that was made at another server than its table names now is removed, and its token is sent nowhere."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, TokenEntry
from tests.oauth.mcp.stranger import RFC_8414, Page, listening


@pytest.mark.parametrize("discovered", [False, True])
async def test_the_new_server_of_a_name_does_not_get_the_old_login(
    discovered: bool, login: TokenEntry, issuer: Issuer, store: AsyncStore, driver: Driver
) -> None:
    async with listening() as new:
        revoke = f"{new.url}/revoke"
        new.pages |= {RFC_8414: Page(new.metadata(revocation_endpoint=revoke)), "/revoke": Page({})}
        table = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scopes": ["openid"]}
        urls = {"authorize_url": f"{new.url}/authorize", "token_url": f"{new.url}/token", "revoke_url": revoke}
        table |= {"issuer": new.url} if discovered else urls
        logins = Logins(Catalogue.from_config(Config(vendors={"lab": table}), {}), store, driver)

        out = await logins.logout(await logins.account("lab"), revoke=True)

        await logins.aclose()
        assert (out.revoked, out.removed) == (False, True)
        assert out.note == "the login was made at another server than the table names"
        assert "/revoke" not in new.paths
    assert issuer.requests("/revoke") == []
    assert await store.read() == {}
