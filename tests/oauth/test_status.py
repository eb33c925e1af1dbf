"""What is logged in, as `status` tells it."""

from __future__ import annotations

import pytest

from bot.playground.issuer import Issuer
from oauth.catalogue import Catalogue
from oauth.logins import Logins
from oauth.status import login_state
from storage import NEVER, AsyncStore, DeadToken, McpEntry, Note, Secret, TokenEntry, UserId
from storage.entries import Entry

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
    found = login_state("lab", {"lab": entry}, {}, catalogue=catalogue, now=NOW)

    assert found is not None
    assert found.state == state
    assert found.refreshable == refreshable


async def test_only_the_refresh_token_that_died_is_dead(catalogue: Catalogue) -> None:
    note = Note(dead=DeadToken(Secret("rt").fingerprint(), "invalid_grant", NOW))

    dead = login_state("lab", {"lab": token(NOW + 900)}, {"lab": note}, catalogue=catalogue, now=NOW)
    alive = login_state("lab", {"lab": token(NOW + 900, "newer")}, {"lab": note}, catalogue=catalogue, now=NOW)

    assert dead is not None
    assert dead.state == "dead"
    assert alive is not None
    assert alive.state == "ok"


async def test_a_registration_without_a_token_is_no_login(catalogue: Catalogue) -> None:
    assert login_state("linear", {"linear": McpEntry("c")}, {}, catalogue=catalogue, now=NOW) is None


async def test_status_names_logins_pending_ones_and_sends_no_request(
    logins: Logins, store: AsyncStore, issuer: Issuer
) -> None:
    await store.update(lambda draft: draft.update(lab=token(NOW + 900), other=token(NOW)))
    await logins.begin("jay", ADA)

    status = await logins.status()

    assert [(login.tenant, login.state) for login in status.logins] == [("lab", "ok"), ("other", "expired")]
    assert status.logins[0].vendor is not None
    assert status.logins[1].vendor is None
    assert [(login.vendor, login.user, login.expires_at) for login in status.pending] == [("jay", ADA, NOW + 900)]
    assert status.problems == ()
    assert not issuer.requests()
