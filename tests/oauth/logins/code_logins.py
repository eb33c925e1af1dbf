"""A login by its redirect, as a person makes it."""

from __future__ import annotations

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.storage import UserId

ADA, BOB, CAROL = UserId(1001), UserId(1002), UserId(1003)


async def log_in(logins: Logins, issuer: Issuer, vendor: str = "lab", user: UserId = ADA) -> LoginResult:
    offer = await logins.begin(vendor, user)
    return await logins.complete(await issuer.approve(offer.url), user)


async def generation(logins: Logins) -> str:
    """Return the generation of the login at `lab`."""
    details = await logins.states.details(await logins.account("lab"))
    assert details is not None
    return details.generation
