"""A login to an account, by its redirect; a person may agree that a vendor account is stored a second time."""

from __future__ import annotations

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import AccountStoredError
from openab_auth.oauth.logins import Logins
from openab_auth.storage import UserId

ADA = UserId(100)


async def log_in(
    logins: Logins,
    issuer: Issuer,
    word: str,
    account: str = "ada",
    user: UserId = ADA,
    *,
    beside: str | None = None,
    replaces: str | None = None,
) -> None:
    """Log in to the account `word`, and sign in as `account` at the vendor."""
    offer = await logins.begin(word, user, beside=beside, replaces=replaces)
    await logins.complete(await issuer.approve(offer.url, account), user, word)


async def log_in_twice(logins: Logins, issuer: Issuer, word: str, account: str, user: UserId = ADA) -> None:
    """Log in, and agree if the vendor account is stored already."""
    try:
        await log_in(logins, issuer, word, account, user)
    except AccountStoredError as asked:
        await log_in(logins, issuer, word, account, user, beside=asked.generation)
