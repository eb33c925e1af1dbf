"""The requests of a revocation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import Secret, Tenant
from tests.oauth.client.driver_logins import log_in


async def test_revocation_ends_the_family(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    grant = await log_in(driver, issuer, lab)
    assert grant.refresh_token is not None

    assert await driver.revoke(lab.client(), grant.refresh_token)

    assert issuer.families[0].revoked
    (request,) = issuer.requests("/revoke")
    assert request.fields["client_id"] == lab.client_id
    assert request.fields["token_type_hint"] == "refresh_token"


async def test_codex_takes_a_form_for_tokens_and_json_alone_to_revoke(
    driver: Driver, issuer: Issuer, lab: Vendor
) -> None:
    codex = replace(lab, tenant=Tenant("codex"))
    grant = await log_in(driver, issuer, codex)
    assert grant.refresh_token is not None
    issuer.faults.next("/revoke", status=400, body={"error": "invalid_request"})

    with pytest.raises(VendorUnavailableError):  # which is no reason to try a form
        await driver.revoke(codex.client(), grant.refresh_token)
    assert await driver.revoke(codex.client(), grant.refresh_token)

    assert [seen.content_type for seen in issuer.requests("/token")] == ["application/x-www-form-urlencoded"]
    assert [seen.content_type for seen in issuer.requests("/revoke")] == ["application/json"] * 2


async def test_an_operators_vendor_that_wants_json_to_revoke_gets_it(
    driver: Driver, issuer: Issuer, lab: Vendor
) -> None:
    grant = await log_in(driver, issuer, lab)
    issuer.faults.next("/revoke", status=415, body={"error": "unsupported media type"})
    assert grant.refresh_token is not None

    assert await driver.revoke(lab.client(), grant.refresh_token)

    assert [seen.content_type for seen in issuer.requests("/revoke")] == [
        "application/x-www-form-urlencoded",
        "application/json",
    ]


async def test_a_vendor_without_revocation_says_so(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    assert not await driver.revoke(replace(lab, revoke_url="").client(), Secret("rt"))
