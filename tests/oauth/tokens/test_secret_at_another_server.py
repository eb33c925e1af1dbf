"""The operator's client secret goes to the server that the table names, and not to any address in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import NotRefreshableError, VendorUnavailableError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, TokenEntry
from tests.oauth.mcp.stranger import RFC_8414, Page, Stranger, listening
from tests.oauth.tokens.stored_logins import stored
from tests.support.clock import Clock

SECRET = {"LAB_SECRET": "canary-operators-secret"}
ANSWER = {"access_token": "new", "token_type": "Bearer", "expires_in": 3600}


@pytest.fixture
async def named() -> AsyncIterator[Stranger]:
    """Serve the server that the table names, whose login is at the issuer."""
    async with listening() as stranger:
        yield stranger


@pytest.fixture(autouse=True)
def accepting(expired: TokenEntry, issuer: Issuer) -> None:
    """Let the issuer accept every client once."""
    issuer.faults.next("/token", status=200, body=ANSWER)


class Process:
    """A process with another table for `lab`."""

    def __init__(self, path: Path, driver: Driver, clock: Clock) -> None:
        self._path, self._driver, self._clock = path, driver, clock
        self.environ: dict[str, str] = SECRET

    async def refresh(self, **table: object) -> str:
        client = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scopes": ["openid"]}
        catalogue = Catalogue.from_config(Config(vendors={"lab": {**client, **table}}), self.environ)
        runtime = Runtime(
            FileStore(self._path, clock=self._clock), catalogue, self._driver, self._clock, environ=self.environ
        )
        async with TokenSource(runtime) as source:
            return (await source.get_valid("lab")).value.reveal()


@pytest.fixture
def process(tmp_path: Path, driver: Driver, clock: Clock) -> Process:
    return Process(tmp_path / "auth.json", driver, clock)


def urls(at: str) -> dict[str, object]:
    return {"authorize_url": f"{at}/authorize", "token_url": f"{at}/token"}


async def test_no_secret_goes_to_another_server_than_the_tables(
    process: Process, issuer: Issuer, named: Stranger, store: AsyncStore, expired: TokenEntry
) -> None:
    with pytest.raises(NotRefreshableError, match="made at another server than the table names") as told:
        await process.refresh(**urls(named.url), client_secret_env="LAB_SECRET")

    assert "log in again" in str(told.value)
    assert (issuer.requests("/token"), named.asked) == ([], [])
    assert await stored(store) == expired


async def test_a_client_without_a_secret_is_renewed_where_its_login_was_made(
    process: Process, issuer: Issuer, named: Stranger
) -> None:
    assert await process.refresh(**urls(named.url)) == "new"
    assert len(issuer.requests("/token")) == 1


async def test_another_path_at_the_same_server_gets_the_secret(process: Process, issuer: Issuer) -> None:
    assert await process.refresh(**urls(f"{issuer.url}/v2"), client_secret_env="LAB_SECRET") == "new"
    assert "Authorization" in issuer.requests("/token")[0].headers


async def test_the_issuers_metadata_may_name_the_server(process: Process, issuer: Issuer, named: Stranger) -> None:
    named.pages[RFC_8414] = Page(named.metadata(token_endpoint=issuer.token_url))

    assert await process.refresh(issuer=named.url, client_secret_env="LAB_SECRET") == "new"
    assert "Authorization" in issuer.requests("/token")[0].headers


async def test_the_issuers_metadata_may_name_another_server(process: Process, issuer: Issuer, named: Stranger) -> None:
    named.pages[RFC_8414] = Page(named.metadata())

    with pytest.raises(NotRefreshableError, match="made at another server"):
        await process.refresh(issuer=named.url, client_secret_env="LAB_SECRET")
    assert issuer.requests("/token") == []


async def test_without_the_issuers_metadata_nothing_is_sent(
    process: Process, issuer: Issuer, named: Stranger, store: AsyncStore, expired: TokenEntry
) -> None:
    named.pages[RFC_8414] = Page(status=503)

    with pytest.raises(VendorUnavailableError) as told:
        await process.refresh(issuer=named.url, client_secret_env="LAB_SECRET")
    assert told.value.processed is False
    assert issuer.requests("/token") == []
    assert await stored(store) == expired


@pytest.mark.parametrize("environ", [{}, {"LAB_SECRET": " \n"}], ids=["unset", "blank"])
async def test_a_client_whose_secret_is_not_here_sends_no_refresh_token(
    process: Process, issuer: Issuer, environ: dict[str, str]
) -> None:
    """A server may take a token that comes without its client's secret for a stolen one."""
    process.environ = environ

    with pytest.raises(NotRefreshableError, match="LAB_SECRET"):
        await process.refresh(**urls(issuer.url), client_secret_env="LAB_SECRET")

    assert not issuer.requests("/token")
