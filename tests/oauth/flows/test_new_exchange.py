"""A new exchange is one class and one row of the registry: the vendor table, `Logins` and the refresh then know it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.flows import Renewal, Renewer
from openab_auth.oauth.flows.exchange.exchange import Exchange
from openab_auth.oauth.flows.exchange.registry import EXCHANGES
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, LoginEntry, Secret, TokenEntry, UserId
from tests.support.clock import Clock

ADA = UserId(42)
ENDPOINT = "https://shop.example/stamps"


@dataclass
class StampRenewer:
    """Stamps again; the stamp is no secret of the vendor's."""

    endpoint: str
    now: float
    config_hash: str = ""

    @property
    def network_policy(self) -> None:
        return None

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        return TokenResponse(Secret(f"stamped again at {self.endpoint}"), entry.refresh_token, int(self.now) + 3600)


class StampExchange(Exchange):
    """Agents use the vendor's token with a stamp on it."""

    userinfo_token = "refresh_token"

    def token_url(self, client: OAuthClient) -> str:
        return ENDPOINT

    def unexchanged(self, tokens: TokenResponse, *, now: float) -> TokenResponse:
        return TokenResponse(Secret(""), tokens.access_token, int(now))

    async def request(self, driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> TokenResponse:
        return TokenResponse(Secret("stamped"), tokens.access_token, int(now) + 3600)

    async def lacks_project(self, driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> bool:
        return tokens.access_token == Secret("stamped")

    def renewer(self, renewal: Renewal) -> Renewer:
        return StampRenewer(renewal.token_endpoint, renewal.clock())


@pytest.fixture
def catalogue(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.setitem(EXCHANGES, "stamp", StampExchange())
    return Catalogue.from_config(Config(vendors={"shop": row(issuer)}), {})


def row(issuer: Issuer) -> dict[str, object]:
    urls = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url}
    return {**urls, "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "exchange": "stamp"}


async def test_a_login_with_a_new_exchange_is_exchanged_stored_and_renewed(
    logins: Logins, issuer: Issuer, store: AsyncStore, catalogue: Catalogue, driver: Driver, clock: Clock
) -> None:
    offer = await logins.begin("shop", ADA)
    done = await logins.complete(await issuer.approve(offer.url), ADA)

    entry = (await store.read())["shop"]
    assert isinstance(entry, TokenEntry)
    assert (entry.access_token, entry.token_endpoint) == (Secret("stamped"), ENDPOINT)
    assert done.lacks_project
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        assert (await source.force_refresh("shop")).value == Secret(f"stamped again at {ENDPOINT}")


def test_the_client_of_a_row_sends_userinfo_the_token_of_its_exchange(catalogue: Catalogue) -> None:
    assert catalogue.get("shop").client().userinfo_token == "refresh_token"


def test_an_unregistered_exchange_is_refused_and_the_known_ones_are_named(issuer: Issuer) -> None:
    with pytest.raises(ConfigError, match="must be one of github-copilot, google-code-assist, or left out"):
        Catalogue.from_config(Config(vendors={"shop": row(issuer)}), {})
