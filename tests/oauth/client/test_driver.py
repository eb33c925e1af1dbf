"""The driver over real HTTP, against a server on loopback that remembers and misbehaves."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, TokenResponse, new_state, new_verifier
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeadError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.storage import PendingEntry, Secret, Tenant
from tests.support.raw_server import self_signed


def new_pending(vendor: Vendor) -> PendingEntry:
    return PendingEntry(new_verifier(), new_state(), vendor.token_url, vendor.name)


async def log_in(driver: Driver, issuer: Issuer, vendor: Vendor) -> TokenResponse:
    pending = new_pending(vendor)
    redirect = await issuer.approve(driver.authorize_url(vendor.client(), pending))
    code = parse_qs(urlsplit(redirect).query)["code"][0]
    return await driver.exchange(vendor.client(), Secret(code), pending)


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


@pytest.mark.parametrize("fault", [{"delay": 5.0}, {"drip": 0.05}])
async def test_a_slow_vendor_is_given_up_at_the_total_deadline(
    issuer: Issuer, lab: Vendor, fault: dict[str, float]
) -> None:
    issuer.faults.next("/token", **fault)  # type: ignore[arg-type] # one keyword each
    driver = Driver(deadline=0.4)
    began = time.monotonic()

    with pytest.raises(VendorUnavailableError, match="no answer in time") as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)
    await driver.aclose()

    assert unavailable.value.sent
    assert time.monotonic() - began < 2


async def test_an_endless_reply_is_cut_off(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    issuer.faults.next("/token", endless=True)

    with pytest.raises(VendorUnavailableError, match="longer than"):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)


async def test_a_small_reply_that_unpacks_to_a_huge_one_is_cut_off(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    issuer.faults.next("/token", body=gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"})

    with pytest.raises(VendorUnavailableError, match="longer than"):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)


async def test_a_compressed_reply_is_read(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    packed = gzip.compress(b'{"access_token": "at", "expires_in": "60"}')
    issuer.faults.next("/token", body=packed, headers={"Content-Encoding": "gzip"})

    grant = await driver.refresh(lab.client(), Secret("rt"), lab.token_url)

    assert grant.access_token == Secret("at")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_cut_connection_is_transient_and_counts_as_sent(
    driver: Driver, issuer: Issuer, lab: Vendor, when: str
) -> None:
    issuer.faults.next("/token", cut=when)  # type: ignore[arg-type] # one of its two words

    with pytest.raises(VendorUnavailableError) as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)

    assert unavailable.value.sent
    assert len(issuer.requests("/token")) == 1


async def test_a_redirect_is_not_followed(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    issuer.faults.next("/token", status=307, headers={"Location": f"{issuer.url}/elsewhere"})

    with pytest.raises(VendorMisconfiguredError, match="redirects"):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)

    assert not issuer.requests("/elsewhere")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which connections are accepted by the kernel and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_refused_connection_sent_nothing(driver: Driver, lab: Vendor, silent_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(VendorUnavailableError) as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), f"http://127.0.0.1:{port}/token")

    assert not unavailable.value.sent


async def test_a_tls_handshake_that_never_ends_sent_nothing(lab: Vendor, silent_port: int) -> None:
    driver = Driver(deadline=0.3)

    with pytest.raises(VendorUnavailableError) as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), f"https://127.0.0.1:{silent_port}/token")
    await driver.aclose()

    assert not unavailable.value.sent


async def test_plain_http_to_another_machine_is_refused(driver: Driver, lab: Vendor) -> None:
    with pytest.raises(VendorMisconfiguredError, match="must be https"):
        await driver.refresh(lab.client(), Secret("rt"), "http://192.0.2.1/token")


async def test_an_unknown_certificate_is_misconfigured(driver: Driver, lab: Vendor, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        handshake = asyncio.create_task(asyncio.to_thread(fail_a_handshake, listener, context))
        with pytest.raises(VendorMisconfiguredError, match="certificate could not be verified"):
            await driver.refresh(lab.client(), Secret("rt"), f"https://localhost:{listener.getsockname()[1]}/token")
        await handshake


async def test_revocation_ends_the_family(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    grant = await log_in(driver, issuer, lab)
    assert grant.refresh_token is not None

    assert await driver.revoke(lab.client(), grant.refresh_token)

    assert issuer.families[0].revoked
    (request,) = issuer.requests("/revoke")
    assert request.fields["client_id"] == lab.client_id
    assert request.fields["token_type_hint"] == "refresh_token"


async def test_codex_takes_a_form_at_its_token_endpoint_and_json_alone_where_it_revokes(
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


async def test_the_account_may_come_from_userinfo(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    vendor = replace(lab, scopes=("offline_access",), userinfo_url=issuer.userinfo_url)
    grant = await log_in(driver, issuer, vendor)
    assert grant.account is None

    assert await driver.account(vendor.client(), grant) == "ada@example.com"


def fail_a_handshake(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        context.wrap_socket(connection, server_side=True).close()


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
