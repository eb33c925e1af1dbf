"""Endpoints from an issuer's metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, metadata_urls
from openab_auth.oauth.errors import VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.vendors import Catalogue, Vendor

RFC_8414 = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"


@pytest.fixture
def found(catalogue: Catalogue) -> Vendor:
    return catalogue.get("found")


def test_the_well_known_word_stands_where_each_standard_puts_it() -> None:
    assert metadata_urls("https://id.example") == (f"https://id.example{RFC_8414}", f"https://id.example{OPENID}")
    assert metadata_urls("https://id.example/a/") == (
        f"https://id.example{RFC_8414}/a",
        f"https://id.example{OPENID}/a",
        f"https://id.example/a{OPENID}",
    )


async def test_endpoints_are_discovered_once(driver: Driver, issuer: Issuer, found: Vendor) -> None:
    first = await driver.resolve(found.client())
    second = await driver.resolve(found.client())

    assert first == second
    assert first.token_url == issuer.token_url
    assert first.authorize_url == issuer.authorize_url
    assert first.revoke_url == issuer.revoke_url
    assert len(issuer.requests(RFC_8414)) == 1


async def test_a_vendor_with_urls_is_not_asked(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    client = lab.client()

    assert await driver.resolve(client) is client
    assert not issuer.requests()


async def test_what_the_table_names_wins(driver: Driver, issuer: Issuer, found: Vendor) -> None:
    resolved = await driver.resolve(replace(found, token_url="https://own.example/token").client())

    assert resolved.token_url == "https://own.example/token"
    assert resolved.authorize_url == issuer.authorize_url


async def test_the_openid_document_is_the_second_choice(driver: Driver, issuer: Issuer, found: Vendor) -> None:
    issuer.faults.next(RFC_8414, status=404, html="<h1>Not Found</h1>")

    assert (await driver.resolve(found.client())).token_url == issuer.token_url


async def test_metadata_of_another_issuer_ends_the_search(driver: Driver, issuer: Issuer, found: Vendor) -> None:
    issuer.faults.next(RFC_8414, body={**issuer.metadata, "issuer": "https://evil.example"})

    with pytest.raises(VendorMisconfiguredError, match="another issuer"):
        await driver.resolve(found.client())
    assert not issuer.requests(OPENID)


UNUSABLE = pytest.mark.parametrize(
    "change",
    [
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": 7},
    ],
    ids=str,
)


@UNUSABLE
async def test_metadata_that_cannot_be_used_is_refused(
    driver: Driver, issuer: Issuer, found: Vendor, change: dict[str, object]
) -> None:
    for path in (RFC_8414, OPENID):
        issuer.faults.next(path, body={**issuer.metadata, **change})

    with pytest.raises(VendorMisconfiguredError):
        await driver.resolve(found.client())


@pytest.mark.parametrize("methods", [["plain"], []], ids=str)
async def test_a_document_that_names_other_methods_than_s256_ends_the_search(
    driver: Driver, issuer: Issuer, found: Vendor, methods: list[str]
) -> None:
    issuer.faults.next(RFC_8414, body={**issuer.metadata, "code_challenge_methods_supported": methods})

    with pytest.raises(VendorMisconfiguredError, match="S256"):
        await driver.resolve(found.client())
    assert not issuer.requests(OPENID)


@UNUSABLE
async def test_a_later_document_is_used_where_the_first_cannot_be(
    driver: Driver, issuer: Issuer, found: Vendor, change: dict[str, object]
) -> None:
    issuer.faults.next(RFC_8414, body={**issuer.metadata, **change})

    assert (await driver.resolve(found.client())).token_url == issuer.token_url


@pytest.mark.parametrize("answer", [{"status": 502}, {"status": 403, "html": "<h1>no</h1>"}, {"html": "<h1>hi</h1>"}])
async def test_a_later_document_is_used_where_the_first_address_fails(
    driver: Driver, issuer: Issuer, found: Vendor, answer: dict[str, Any]
) -> None:
    issuer.faults.next(RFC_8414, **answer)

    assert (await driver.resolve(found.client())).token_url == issuer.token_url


async def test_an_unusable_document_says_more_than_an_address_that_fails(
    driver: Driver, issuer: Issuer, found: Vendor
) -> None:
    issuer.faults.next(RFC_8414, status=502)
    issuer.faults.next(OPENID, body={**issuer.metadata, "code_challenge_methods_supported": ["plain"]})

    with pytest.raises(VendorMisconfiguredError, match="PKCE"):
        await driver.resolve(found.client())


async def test_a_slash_at_the_end_makes_another_issuer(driver: Driver, issuer: Issuer, found: Vendor) -> None:
    """RFC 8414 3.3: the values must be identical."""
    with pytest.raises(VendorMisconfiguredError, match="another issuer"):
        await driver.resolve(replace(found, issuer=f"{issuer.url}/").client())


async def test_an_issuer_that_is_down_is_asked_again_later(driver: Driver, issuer: Issuer, found: Vendor) -> None:
    issuer.faults.next(RFC_8414, status=503)
    issuer.faults.next(OPENID, status=404)
    with pytest.raises(VendorUnavailableError):
        await driver.resolve(found.client())

    assert (await driver.resolve(found.client())).token_url == issuer.token_url
