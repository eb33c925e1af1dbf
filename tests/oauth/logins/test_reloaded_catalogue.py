"""A pending login goes on with the table it began with; the next login begins with the new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import UnknownVendorError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue
from openab_auth.storage import CONSOLE, AsyncStore, TokenEntry
from tests.support.clock import Clock


def config(issuer: Issuer) -> Config:
    table = {
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
    }
    return Config(auth=AuthSettings(vendors=("lab", "jay")), vendors={"lab": table, "jay": table})


@pytest.fixture
def current(issuer: Issuer) -> CurrentCatalogue:
    return CurrentCatalogue(Catalogue.from_config(config(issuer), {}))


@pytest.fixture
def logins(current: CurrentCatalogue, store: AsyncStore, driver: Driver, clock: Clock) -> Logins:
    return Logins(current, store, driver, clock=clock)


def without_lab(issuer: Issuer) -> Catalogue:
    ours = config(issuer)
    return Catalogue.from_config(replace(ours, vendors={"jay": ours.vendors["jay"]}, auth=AuthSettings()), {})


def moved(issuer: Issuer) -> Catalogue:
    """Both vendors have another client and another endpoint, at which nobody answers."""
    ours = config(issuer)
    elsewhere = {"client_id": "other", "token_url": "http://127.0.0.1:1/token"}
    return Catalogue.from_config(
        replace(ours, vendors={name: {**table, **elsewhere} for name, table in ours.vendors.items()}), {}
    )


@pytest.mark.parametrize("named", ["lab", None])
@pytest.mark.parametrize("change", [moved, without_lab])
async def test_it_ends_at_the_endpoint_of_its_link(
    change: Callable[[Issuer], Catalogue], named: str | None, logins: Logins, current: CurrentCatalogue, issuer: Issuer,
    store: AsyncStore,
) -> None:  # fmt: skip
    redirect = await issuer.approve((await logins.begin("lab", CONSOLE)).url)
    current.now = change(issuer)

    await logins.complete(redirect, CONSOLE, named)

    assert isinstance((await store.read())["lab"], TokenEntry)
    assert issuer.requests("/token")[-1].fields["client_id"] == CLIENT_ID


async def test_the_next_login_begins_with_the_new_table(
    logins: Logins, current: CurrentCatalogue, issuer: Issuer
) -> None:
    await logins.begin("lab", CONSOLE)
    current.now = moved(issuer)

    assert "client_id=other" in (await logins.begin("lab", CONSOLE)).url
    current.now = without_lab(issuer)
    with pytest.raises(UnknownVendorError):
        await logins.begin("lab", CONSOLE)


async def test_two_logins_of_one_person_go_on_each_with_its_own_table(
    logins: Logins, current: CurrentCatalogue, issuer: Issuer, store: AsyncStore
) -> None:
    first = await issuer.approve((await logins.begin("lab", CONSOLE)).url)
    current.now = without_lab(issuer)
    second = await issuer.approve((await logins.begin("jay", CONSOLE)).url)

    await logins.complete(second, CONSOLE)
    await logins.complete(first, CONSOLE)

    assert {"lab", "jay"} <= set(await store.read())


async def test_what_began_is_forgotten_when_it_has_ended(
    logins: Logins, current: CurrentCatalogue, issuer: Issuer, clock: Clock
) -> None:
    for _ in range(5):
        await logins.begin("lab", CONSOLE)
        clock.now += 901
    await logins.begin("jay", CONSOLE)

    assert len(logins._begun._begun) == 1
