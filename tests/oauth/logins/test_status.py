"""The logins in `status`: their states and their details."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.entries import backoff
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.logins import Logins, login_state
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import NEVER, AsyncStore, DeadToken, McpEntry, Note, Secret, Tenant, TokenEntry, UserId
from openab_auth.storage.entries import Entry

ADA = UserId(1001)
NOW = 1_800_000_000


def token(expires_at: int, refresh_token: str = "rt") -> TokenEntry:  # a canary
    return TokenEntry(Secret("at"), Secret(refresh_token), expires_at, "https://lab.example/token", "lab")


@pytest.mark.parametrize(
    ("entry", "state", "refreshable"),
    [
        (token(NOW + 121), "ok", True),
        (token(NEVER, ""), "ok", False),
        (token(NOW + 120), "expiring", True),
        (token(NOW), "expired", True),
        (token(NOW + 1, ""), "expiring", False),
        (token(NOW, ""), "dead", False),
        (McpEntry("c", {"access_token": "at", "expires_in": 60, "refresh_token": "rt"}, (), NOW), "expiring", True),
        (McpEntry("c", {"access_token": "at"}, (), NOW), "ok", False),
    ],
    ids=str,
)
async def test_a_login_is_ok_expiring_or_expired(
    catalogue: Catalogue,
    entry: Entry,
    state: str,
    refreshable: bool,  # a column of the table
) -> None:
    found = login_state(Tenant("lab"), {"lab": entry}, {}, {}, catalogue=catalogue, now=NOW)

    assert found is not None
    assert found.state == state
    assert found.refreshable == refreshable


async def test_only_the_refresh_token_that_died_is_dead(catalogue: Catalogue) -> None:
    note = Note(dead=DeadToken(Secret("rt").fingerprint(), "invalid_grant", NOW))

    dead = login_state(Tenant("lab"), {"lab": token(NOW + 900)}, {"lab": note}, {}, catalogue=catalogue, now=NOW)
    alive = login_state(
        Tenant("lab"), {"lab": token(NOW + 900, "newer")}, {"lab": note}, {}, catalogue=catalogue, now=NOW
    )

    assert dead is not None
    assert dead.state == "dead"
    assert alive is not None
    assert alive.state == "ok"


async def test_a_registration_without_a_token_is_no_login(catalogue: Catalogue) -> None:
    assert login_state(Tenant("linear"), {"linear": McpEntry("c")}, {}, {}, catalogue=catalogue, now=NOW) is None


async def test_status_names_logins_pending_ones_and_sends_no_request(
    logins: Logins, store: AsyncStore, issuer: Issuer
) -> None:
    await store.update(lambda draft: draft.update(lab=token(NOW + 900), other=token(NOW)))
    await logins.begin("jay", ADA)

    status = await logins.states.status()

    assert [(login.tenant, login.state) for login in status.logins] == [("lab", "ok"), ("other", "expired")]
    assert status.logins[0].vendor is not None
    assert status.logins[1].vendor is None
    assert [(login.vendor, login.user, login.expires_at) for login in status.pending] == [("jay", ADA, NOW + 900)]
    assert status.problems == ()
    assert not issuer.requests()


@pytest.mark.parametrize(
    ("reason", "later", "shown"),
    [("HTTP 503", 0, True), (None, 0, False), (None, 21, True)],
    ids=["failed", "under way", "ended with its process"],
)
async def test_a_renewal_that_failed_is_shown_and_one_that_is_under_way_is_not(
    catalogue: Catalogue, reason: str | None, later: float, shown: bool
) -> None:
    attempt = backoff.start_attempt(token(NOW), None, NOW)
    if reason:
        attempt = backoff.fail_attempt(attempt, VendorUnavailableError("lab", reason), "", NOW, answered=True)

    found = login_state(
        Tenant("lab"), {"lab": token(NOW)}, {"lab": Note(attempt=attempt)}, {}, catalogue=catalogue, now=NOW + later
    )

    assert found is not None
    assert found.failed == (attempt if shown else None)


async def test_a_login_that_died_or_was_replaced_shows_no_failed_renewal(catalogue: Catalogue) -> None:
    attempt = backoff.fail_attempt(
        backoff.start_attempt(token(NOW), None, NOW), VendorUnavailableError("lab", "HTTP 503"), "", NOW, answered=True
    )
    died = Note(dead=DeadToken(Secret("rt").fingerprint(), "invalid_grant", NOW), attempt=attempt)

    for entry, note in ((token(NOW), died), (token(NOW, "newer"), Note(attempt=attempt))):
        found = login_state(Tenant("lab"), {"lab": entry}, {"lab": note}, {}, catalogue=catalogue, now=NOW)
        assert found is not None
        assert found.failed is None


async def test_clients_that_cannot_be_read_hide_no_login_and_are_a_problem(
    logins: Logins, store: AsyncStore, tmp_path: Path
) -> None:
    reply = {"access_token": "at", "token_type": "bearer"}
    await store.update(lambda draft: draft.__setitem__("linear", McpEntry("c", reply, ("read",), NOW, "https://as")))
    (tmp_path / "auth.json.clients").mkdir()

    status = await logins.states.status()

    (login,) = status.logins
    assert login.access is not None
    assert login.access.granted == ("read",)
    assert any("auth.json.clients could not be read" in problem.what for problem in status.problems)
