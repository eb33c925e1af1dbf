"""The driver over real HTTP, against a loopback server with a request log and faults."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, new_state, new_verifier
from openab_auth.oauth.errors import ExchangeRefusedError, LoginDeadError, VendorMisconfiguredError
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.storage import Secret
from tests.oauth.client.driver_logins import log_in, new_pending


def test_verifier_and_state_are_independent_and_43_characters() -> None:
    values = {new_verifier().reveal() for _ in range(50)} | {new_state().reveal() for _ in range(50)}

    assert len(values) == 100
    assert {len(value) for value in values} == {43}


async def test_a_link_carries_the_challenge_and_the_state_but_no_verifier(driver: Driver, lab: Vendor) -> None:
    vendor = replace(
        lab, authorize_params={"prompt": "consent", "state": "evil", "redirect_uri": "https://evil.example"}
    )
    pending = new_pending(vendor)

    link = driver.authorize_url(vendor.client(), pending)

    query = parse_qs(urlsplit(link).query)
    assert query["state"] == [pending.state.reveal()]
    assert query["redirect_uri"] == [lab.redirect_uri]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["openid email offline_access"]
    assert query["prompt"] == ["consent"]
    assert pending.verifier.reveal() not in link


@pytest.mark.parametrize(
    ("query", "once"),
    [
        ("prompt=select_account", {"prompt": ["consent"]}),
        ("audience=api&scope=other&state=evil&redirect_uri=evil", {"audience": ["api"]}),
        ("tenant=one&tenant=two&empty=", {"tenant": ["one"], "empty": [""]}),
        ("code_challenge_method=plain&code_challenge=x&response_type=token&client_id=evil", {}),
    ],
)
async def test_each_name_is_once_in_a_link_and_ours_wins(
    driver: Driver, lab: Vendor, query: str, once: dict[str, list[str]]
) -> None:
    """RFC 6749 3.1: request parameters must not be included more than once."""
    address = f"{lab.authorize_url}?{query}"
    vendor = replace(lab, authorize_url=address, authorize_params={"prompt": "consent"})
    pending = new_pending(vendor)

    found = parse_qs(urlsplit(driver.authorize_url(vendor.client(), pending)).query, keep_blank_values=True)

    assert [name for name, values in found.items() if len(values) > 1] == []
    assert {name: found[name] for name in once} == once
    assert found["client_id"] == [vendor.client_id]
    assert found["scope"] == ["openid email offline_access"]
    assert found["state"] == [pending.state.reveal()]
    assert found["response_type"] == ["code"]
    assert found["code_challenge_method"] == ["S256"]


async def test_the_endpoints_own_scope_stays_where_the_vendor_asks_for_none(driver: Driver, lab: Vendor) -> None:
    vendor = replace(lab, authorize_url=f"{lab.authorize_url}?scope=all", scopes=())

    found = parse_qs(urlsplit(driver.authorize_url(vendor.client(), new_pending(vendor))).query)

    assert found["scope"] == ["all"]


async def test_a_code_becomes_a_grant(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    grant = await log_in(driver, issuer, lab)

    assert grant.account == "ada@example.com"
    assert grant.refresh_token is not None
    assert grant.scopes == ("openid", "email", "offline_access")
    (request,) = issuer.requests("/token")
    assert request.content_type == "application/x-www-form-urlencoded"
    assert request.headers["Accept"] == "application/json"
    assert "state" not in request.fields


async def test_a_vendor_that_wants_json_and_the_state_gets_both(
    driver: Driver, issuer: Issuer, catalogue: Catalogue
) -> None:
    vendor = replace(catalogue.get("jay"), headers={"X-Lab": "1"}, token_params={"audience": "agents & co"})

    grant = await log_in(driver, issuer, vendor)
    assert grant.refresh_token is not None
    await driver.refresh(vendor.client(), grant.refresh_token, vendor.token_url)

    exchanged, refreshed = issuer.requests("/token")
    assert exchanged.content_type == refreshed.content_type == "application/json"
    assert exchanged.fields["state"]
    assert exchanged.fields["audience"] == "agents & co"
    assert exchanged.headers["X-Lab"] == "1"
    assert set(refreshed.fields) == {"grant_type", "refresh_token", "client_id"}


async def test_a_refresh_carries_no_scope_and_the_vendors_extras(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    grant = await log_in(driver, issuer, lab)
    vendor = replace(lab, refresh_params={"audience": "agents"})
    assert grant.refresh_token is not None

    renewed = await driver.refresh(vendor.client(), grant.refresh_token, lab.token_url)

    assert renewed.refresh_token != grant.refresh_token
    fields = issuer.requests("/token")[-1].fields
    assert set(fields) == {"grant_type", "refresh_token", "client_id", "audience"}


async def test_a_client_secret_goes_into_http_basic_or_the_json_body(
    driver: Driver, issuer: Issuer, lab: Vendor
) -> None:
    """RFC 6749 2.3.1: every server that gives out secrets knows HTTP Basic."""
    form = replace(lab, client_secret=Secret("installed: app"))
    for vendor in (form, replace(form, token_body="json")):
        issuer.faults.next("/token", body={"access_token": "at"})
        await driver.refresh(vendor.client(), Secret("rt"), lab.token_url)

    by_form, by_json = issuer.requests("/token")
    assert b64decode(by_form.headers["Authorization"].removeprefix("Basic ")) == b"openab-playground:installed%3A+app"
    assert by_json.fields["client_secret"] == "installed: app"
    assert by_json.fields["client_id"] == lab.client_id


async def test_a_reused_refresh_token_is_dead(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    grant = await log_in(driver, issuer, lab)
    assert grant.refresh_token is not None
    await driver.refresh(lab.client(), grant.refresh_token, lab.token_url)

    with pytest.raises(LoginDeadError, match="invalid_grant"):
        await driver.refresh(lab.client(), grant.refresh_token, lab.token_url)


async def test_a_wrong_verifier_is_refused(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    pending = new_pending(lab)
    redirect = await issuer.approve(driver.authorize_url(lab.client(), pending))
    code = Secret(parse_qs(urlsplit(redirect).query)["code"][0])

    with pytest.raises(ExchangeRefusedError, match="code_verifier does not match"):
        await driver.exchange(lab.client(), code, replace(pending, verifier=new_verifier()))


async def test_the_account_may_come_from_userinfo(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    vendor = replace(lab, scopes=("offline_access",), userinfo_url=issuer.userinfo_url)
    grant = await log_in(driver, issuer, vendor)
    assert grant.account is None

    assert await driver.account(vendor.client(), grant) == "ada@example.com"


@pytest.mark.parametrize("endpoint", ["", "x", "file:///etc/passwd", "http://127.0.0.1:99999/token"])
async def test_an_endpoint_that_is_no_address_is_misconfigured(driver: Driver, lab: Vendor, endpoint: str) -> None:
    """The file may hold what another program wrote."""
    with pytest.raises(VendorMisconfiguredError, match="address"):
        await driver.refresh(lab.client(), Secret("rt"), endpoint)


async def test_a_code_that_a_redirect_has_used_up_is_not_said_to_be_untouched(
    driver: Driver, lab: Vendor, issuer: Issuer
) -> None:
    issuer.faults.next("/token", status=302)

    with pytest.raises(VendorMisconfiguredError) as refused:
        await driver.exchange(lab.client(), Secret("code"), new_pending(lab))

    assert "this login is over" in refused.value.kept
    assert "begin again" in refused.value.todo
