"""Two logins of one vendor account may share one grant: a revocation names every login that it may end."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.logins import Logins
from tests.oauth.logins.accounts.account_logins import log_in_twice


async def log_in(logins: Logins, issuer: Issuer, **accounts: str) -> None:
    for name, account in accounts.items():
        await log_in_twice(logins, issuer, name.replace("_", "@"), account)


async def test_a_revocation_names_the_logins_of_the_same_account(logins: Logins, issuer: Issuer) -> None:
    """Two vendors with one client and one issuer share their grants, too."""
    await log_in(logins, issuer, lab="ada", lab_work="ada", lab_team="bob", jay="ada", jay_u100="ada")

    done = await logins.logout(await logins.account("lab"), revoke=True)
    alone = await logins.logout(await logins.account("lab@team"), revoke=True)

    assert done.shared_with == ("jay", "jay@u100", "lab@work")
    assert alone.shared_with == ()


async def test_a_logout_that_revokes_nothing_names_no_other(logins: Logins, issuer: Issuer) -> None:
    await log_in(logins, issuer, lab="ada", lab_work="ada")

    assert (await logins.logout(await logins.account("lab"), revoke=False)).shared_with == ()


@pytest.mark.parametrize("word", ["mcp:notes", "mcp:notes@work"])
async def test_at_a_server_the_same_client_counts(logins: Logins, issuer: Issuer, word: str) -> None:
    for one in ("mcp:notes", "mcp:notes@work"):
        await log_in_twice(logins, issuer, one, "ada")

    details = await logins.states.details(await logins.account(word))

    assert details is not None
    assert {details.state.tenant, *details.shared_with} == {"notes", "notes@work"}
