"""Device logins with a second step: Google's project, Copilot's second token, AWS's registered client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver, TokenResponse, read_token_response
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeadError,
    NotRefreshableError,
    PlanMissingError,
    SecretMissingError,
)
from openab_auth.oauth.flows.device import aws, standard
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, TokenEntry
from tests.oauth.flows.device.logins.device_logins import ADA
from tests.support.clock import Clock
from tests.support.patience import until


def short_of_memory_once(read: Callable[..., TokenResponse]) -> Callable[..., TokenResponse]:
    """Return `read`, whose first call gets no memory."""
    fails = iter([True])

    def read_or_fail(*words: Any, **named: Any) -> TokenResponse:
        if next(fails, False):
            raise MemoryError
        return read(*words, **named)

    return read_or_fail


async def test_an_installed_app_without_its_secret_says_how_to_set_it(logins: Logins) -> None:
    with pytest.raises(SecretMissingError, match="variable GEMINI_OAUTH_CLIENT_SECRET, or client_secret_obscured"):
        await logins.begin("gemini", ADA)


@pytest.mark.parametrize(("project", "lacks"), [("p-1", False), ("", True)])
async def test_a_google_account_without_a_project_is_told_and_logged_in(
    store: AsyncStore, driver: Driver, clock: Clock, issuer: Issuer, project: str, lacks: bool
) -> None:
    issuer.code_assist.project = project
    table = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "userinfo_url": issuer.userinfo_url}
    ours = {**table, "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}
    environ = {"GEMINI_OAUTH_CLIENT_SECRET": "canary"}
    logins = Logins(Catalogue.from_config(Config(vendors={"gemini": ours}), environ), store, driver, clock=clock)

    done = await logins.complete(await issuer.approve((await logins.begin("gemini", ADA)).url), ADA)

    assert (done.lacks_project, done.account) == (lacks, "ada@example.com")
    assert "gemini" in await store.read()


# The second step, and renewals that are no refresh of RFC 6749


async def logged_in(logins: Logins, issuer: Issuer, vendor: str) -> None:
    offer = await logins.begin(vendor, ADA)
    await issuer.approve_device(offer.user_code or "")
    assert await logins.outcome(vendor, ADA)


async def test_copilots_token_is_traded_again_and_githubs_stays(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "copilot")
    before = (await store.read())["copilot"]
    assert isinstance(before, TokenEntry)
    assert before.token_endpoint == f"{issuer.url}/copilot_internal/v2/token"
    assert before.expires_at == clock.now + 1500
    clock.now += 1500

    renewed = await source.get_valid("copilot")

    after = (await store.read())["copilot"]
    assert isinstance(after, TokenEntry)
    assert renewed.value == after.access_token != before.access_token
    assert after.refresh_token == before.refresh_token
    (_, traded) = issuer.requests("/copilot_internal/v2/token")
    assert traded.headers["Authorization"] == f"token {before.refresh_token.reveal()}"
    assert traded.headers["Copilot-Integration-Id"] == "vscode-chat"


async def test_an_account_without_a_seat_is_told_at_the_login(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.copilot.has_seat = False
    offer = await logins.begin("copilot", ADA)
    await issuer.approve_device(offer.user_code or "")

    with pytest.raises(PlanMissingError, match="Copilot is not enabled for this account"):
        await logins.outcome("copilot", ADA)

    assert "copilot" not in await store.read()


async def test_a_second_step_that_is_out_of_order_costs_no_login(
    logins: Logins, issuer: Issuer, source: TokenSource
) -> None:
    issuer.faults.next("/copilot_internal/v2/token", status=503)
    await logged_in(logins, issuer, "copilot")

    assert (await source.get_valid("copilot")).value


async def test_a_github_token_that_was_revoked_is_dead(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "copilot")
    clock.now += 1500
    issuer.families[0].revoked = True

    with pytest.raises(LoginDeadError, match="Bad credentials"):
        await source.get_valid("copilot")


async def test_a_github_token_that_is_refused_at_the_login_is_told(logins: Logins, issuer: Issuer) -> None:
    issuer.faults.next("/copilot_internal/v2/token", status=401, body={"message": "Bad credentials"})
    offer = await logins.begin("copilot", ADA)
    await issuer.approve_device(offer.user_code or "")

    with pytest.raises(ExchangeRefusedError, match="Bad credentials"):
        await logins.outcome("copilot", ADA)


async def test_an_aws_login_is_renewed_with_the_client_that_it_was_made_with(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "kiro")
    before = (await store.read())["kiro"]
    assert isinstance(before, TokenEntry)
    clock.now += 3600

    await source.get_valid("kiro")

    refresh = issuer.requests("/aws/token")[-1]
    assert refresh.content_type == "application/json"
    assert refresh.fields == {
        "clientId": "client-0",
        "clientSecret": issuer.aws.registered["client-0"],
        "grantType": "refresh_token",
        "refreshToken": before.refresh_token.reveal(),
    }


@pytest.mark.parametrize(("vendor", "dialect"), [("copilot", standard), ("kiro", aws)])
async def test_tokens_are_read_again_if_there_was_no_memory_for_them(
    logins: Logins, issuer: Issuer, vendor: str, dialect: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor gives them once."""
    monkeypatch.setattr(dialect, "read_token_response", short_of_memory_once(read_token_response))

    await logged_in(logins, issuer, vendor)


async def test_an_aws_renewal_is_read_again_if_there_was_no_memory_for_it(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await logged_in(logins, issuer, "kiro")
    clock.now += 3600
    monkeypatch.setattr(aws, "read_token_response", short_of_memory_once(read_token_response))

    assert (await source.get_valid("kiro")).value
    assert not issuer.families[0].reuses


async def test_an_aws_login_waits_while_its_client_cannot_be_read(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A short failure of the disk must end no login."""
    offer = await logins.begin("kiro", ADA)
    clients = tmp_path / "auth.json.clients"
    data = clients.read_bytes()
    clients.unlink()
    clients.mkdir()
    await until(lambda: "a device login waits for the store" in caplog.text)
    clients.rmdir()
    clients.write_bytes(data)
    await issuer.approve_device(offer.user_code or "")

    assert await logins.outcome("kiro", ADA)

    assert "kiro" in await store.read()


async def test_an_aws_login_whose_client_is_lost_or_over_asks_for_a_new_login(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock, tmp_path: Path
) -> None:
    await logged_in(logins, issuer, "kiro")
    clock.now += 3600
    (tmp_path / "auth.json.clients").unlink()

    with pytest.raises(NotRefreshableError, match="log in again"):
        await source.get_valid("kiro")


async def test_an_aws_refresh_token_that_was_spent_is_dead(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "kiro")
    issuer.families[0].revoked = True
    clock.now += 3600

    with pytest.raises(LoginDeadError, match="revoked"):
        await source.get_valid("kiro")
