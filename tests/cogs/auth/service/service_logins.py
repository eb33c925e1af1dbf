"""The cog's service for tests: a login in one step, and the lines of the audit log."""

from collections.abc import Callable

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService

Log = Callable[[], list[dict[str, str]]]
Stored = Callable[[], dict[str, dict[str, str]]]
Start = Callable[[DiscordSettings], AuthService]


def outcomes(audited: Log) -> list[tuple[str, str, str]]:
    return [(line["event"], line["user"], line["outcome"]) for line in audited()]


async def log_in(service: AuthService, issuer: Issuer, caller: Caller, vendor: str = "lab") -> None:
    offer = await service.login(caller, vendor)
    await service.complete(caller, await issuer.approve(offer.url), vendor)
