"""The device flows over real HTTP: what is asked, and what odd replies mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.oauth.client import Driver, TokenResponse
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeniedError,
    LoginExpiredError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.flows import flow_of
from openab_auth.oauth.flows.device.code import DeviceCode
from openab_auth.oauth.flows.device.flow import DeviceFlow
from openab_auth.oauth.flows.device.requests import ApprovalPending, DeviceRequests
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import AsyncStore, PendingEntry, Secret, Tenant

FLOWS = ("device", "codex-device", "aws-device")


@pytest.fixture
def vendors(issuer: Issuer) -> dict[str, Vendor]:
    common: dict[str, Any] = {"title": "The Lab", "client_id": CLIENT_ID, "scopes": ("openid", "offline_access")}
    return {
        "device": Vendor(
            VendorName("lab"),
            tenant=Tenant("lab"),
            flow="device",
            device_url=issuer.device_url,
            token_url=issuer.token_url,
            **common,
        ),
        "codex-device": Vendor(
            VendorName("lab"),
            tenant=Tenant("lab"),
            flow="codex-device",
            device_url=f"{issuer.url}/codex/usercode",
            authorize_url=issuer.devices.page,
            token_url=issuer.token_url,
            redirect_uri="http://localhost:1455/auth/callback",
            **common,
        ),
        "aws-device": Vendor(
            VendorName("lab"),
            tenant=Tenant("lab"),
            flow="aws-device",
            device_url=f"{issuer.url}/aws/device_authorization",
            token_url=f"{issuer.url}/aws/token",
            device_params={"startUrl": "https://view.example/start"},
            **common,
        ),
    }


@pytest.fixture
def paths() -> dict[str, str]:
    """Where each flow polls."""
    return {"device": "/token", "codex-device": "/codex/token", "aws-device": "/aws/token"}


def device_requests(vendor: Vendor, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:
    flow = flow_of(vendor)
    assert isinstance(flow, DeviceFlow)
    return flow.requests(driver, store, clock)


@pytest.fixture(params=FLOWS)
def vendor(request: pytest.FixtureRequest, vendors: dict[str, Vendor]) -> Vendor:
    return vendors[request.param]


@pytest.fixture
def flow(vendor: Vendor, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:
    return device_requests(vendor, driver, store, clock)


@pytest.fixture
def standard(vendors: dict[str, Vendor]) -> Vendor:
    return vendors["device"]


@pytest.fixture
def device(standard: Vendor, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:
    return device_requests(standard, driver, store, clock)


def pending(vendor: Vendor, code: DeviceCode) -> PendingEntry:
    return PendingEntry(code.device_code, Secret(code.user_code), vendor.token_url, vendor.name)


async def test_a_code_is_asked_for_approved_and_becomes_a_grant(
    flow: DeviceRequests, vendor: Vendor, issuer: Issuer
) -> None:
    code = await flow.start(vendor.client())
    entry = pending(vendor, code)
    assert await flow.poll(vendor.client(), entry) == ApprovalPending()
    await issuer.approve_device(code.user_code, "ada@example.com")
    issuer.devices.begun[code.device_code.reveal()].polled_at = None

    grant = await flow.poll(vendor.client(), entry)

    assert isinstance(grant, TokenResponse)
    assert issuer.tokens.family_of(grant.access_token.reveal())
    assert grant.refresh_token is not None
    assert grant.expires_at == 1_800_003_600


async def test_a_denied_login_ends(flow: DeviceRequests, vendor: Vendor, issuer: Issuer) -> None:
    code = await flow.start(vendor.client())
    await issuer.deny_device(code.user_code)

    with pytest.raises(LoginDeniedError, match="this login is over"):
        await flow.poll(vendor.client(), pending(vendor, code))


async def test_a_code_that_is_over_ends_the_login(flow: DeviceRequests, vendor: Vendor, issuer: Issuer) -> None:
    issuer.devices.lifetime = 0
    code = await flow.start(vendor.client())

    with pytest.raises(LoginExpiredError):
        await flow.poll(vendor.client(), pending(vendor, code))


async def test_polling_too_soon_is_slowed_down(flow: DeviceRequests, vendor: Vendor, issuer: Issuer) -> None:
    code = await flow.start(vendor.client())
    await flow.poll(vendor.client(), pending(vendor, code))

    assert await flow.poll(vendor.client(), pending(vendor, code)) == ApprovalPending(slower=True)


@pytest.mark.parametrize("fault", [{"status": 503}, {"html": "<h1>502</h1>", "status": 502}, {"cut": "before"}])
async def test_trouble_while_polling_is_not_the_end(
    flow: DeviceRequests, vendor: Vendor, issuer: Issuer, paths: dict[str, str], fault: dict[str, object]
) -> None:
    code = await flow.start(vendor.client())
    issuer.faults.next(paths[vendor.flow], **fault)  # type: ignore[arg-type]  # the parameters name its fields

    with pytest.raises(VendorUnavailableError):
        await flow.poll(vendor.client(), pending(vendor, code))


async def test_a_429_at_the_start_is_told_with_its_wait_and_not_repeated(
    flow: DeviceRequests, vendor: Vendor, issuer: Issuer
) -> None:
    """Case 37: no automatic restart loop."""
    path = vendor.device_url.removeprefix(issuer.url)
    issuer.faults.next(path, status=429, headers={"Retry-After": "40"}, body={"error": "rate_limited"})

    with pytest.raises(VendorUnavailableError, match="try again in 40 s"):
        await flow.start(vendor.client())

    assert len(issuer.requests(path)) == 1


async def test_github_answers_pending_with_status_200(device: DeviceRequests, standard: Vendor, issuer: Issuer) -> None:
    code = await device.start(standard.client())
    issuer.faults.next("/token", body={"error": "authorization_pending", "error_description": "…", "error_uri": "…"})
    issuer.faults.next("/token", body={"error": "slow_down", "interval": 10})
    issuer.faults.next("/token", body={"error": "incorrect_device_code"})

    assert await device.poll(standard.client(), pending(standard, code)) == ApprovalPending()
    assert await device.poll(standard.client(), pending(standard, code)) == ApprovalPending(slower=True, interval=10.0)
    with pytest.raises(LoginExpiredError):
        await device.poll(standard.client(), pending(standard, code))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": "authorization_denied"}, 400, LoginDeniedError),
        ({"error": {"code": "access_denied", "message": "no"}}, 403, LoginDeniedError),
        ({"error": "unsupported_grant_type"}, 400, VendorMisconfiguredError),
        ({"error": "device_flow_disabled"}, 200, VendorMisconfiguredError),
        ({"error": "what is this"}, 400, ExchangeRefusedError),
        ({"access_token": ""}, 200, VendorUnavailableError),
        ([1], 200, VendorUnavailableError),
    ],
)
async def test_what_a_poll_is_answered_decides_whether_another_one_follows(
    device: DeviceRequests, standard: Vendor, issuer: Issuer, body: object, status: int, error: type[OAuthError]
) -> None:
    code = await device.start(standard.client())
    issuer.faults.next("/token", status=status, body=body)

    with pytest.raises(error):
        await device.poll(standard.client(), pending(standard, code))


async def test_no_code_is_in_what_an_error_says(device: DeviceRequests, standard: Vendor, issuer: Issuer) -> None:
    code = await device.start(standard.client())
    secret = code.device_code.reveal()
    issuer.faults.next("/token", status=400, body={"error": "odd", "error_description": f"no such {secret}"})

    with pytest.raises(ExchangeRefusedError) as refused:
        await device.poll(standard.client(), pending(standard, code))

    assert secret not in str(refused.value)
    assert secret not in repr(code)


async def test_codex_without_logins_by_code_says_how_to_log_in(
    vendors: dict[str, Vendor], driver: Driver, store: AsyncStore, issuer: Issuer, clock: Callable[[], float]
) -> None:
    vendor = vendors["codex-device"]
    issuer.faults.next("/codex/usercode", status=404)

    with pytest.raises(VendorMisconfiguredError, match="switch on logins by device code"):
        await device_requests(vendor, driver, store, clock).start(vendor.client())


async def test_aws_registers_once_and_keeps_the_client_with_mode_0600(
    vendors: dict[str, Vendor],
    driver: Driver,
    store: AsyncStore,
    issuer: Issuer,
    clock: Callable[[], float],
    tmp_path: Path,
) -> None:
    vendor = vendors["aws-device"]
    flow = device_requests(vendor, driver, store, clock)

    await flow.start(vendor.client())
    await flow.start(vendor.client())

    (request,) = issuer.requests("/aws/client/register")
    file = tmp_path / "auth.json.clients"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(json.loads(file.read_text())) == ["vendor:lab"]
    assert set(request.fields) == {"clientName", "clientType", "scopes", "grantTypes", "issuerUrl"}


async def test_aws_registers_anew_a_day_before_the_client_ends(
    vendors: dict[str, Vendor], driver: Driver, store: AsyncStore, issuer: Issuer, clock: Callable[[], float]
) -> None:
    vendor = vendors["aws-device"]
    issuer.aws.lifetime = 3600
    flow = device_requests(vendor, driver, store, clock)

    await flow.start(vendor.client())
    await flow.start(vendor.client())

    assert len(issuer.requests("/aws/client/register")) == 2
