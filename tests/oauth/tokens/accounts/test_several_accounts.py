"""Several accounts of one vendor expire: one refresh for each, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import CONSOLE
from tests.support.clock import Clock


async def test_accounts_that_expire_together_are_renewed_one_after_the_other(
    logins: Logins, issuer: Issuer, clock: Clock, process: Callable[[], TokenSource]
) -> None:
    """One client never has two refreshes under way: some vendors revoke both logins then."""
    for word in ("lab", "lab@work", "lab@team"):
        offer = await logins.begin(word, CONSOLE)
        await logins.complete(await issuer.approve(offer.url, f"{word}@example.com"), CONSOLE, word)
    clock.now += 3600
    issuer._seen.clear()
    issuer.faults.next("/token", delay=0.2)
    issuer.faults.next("/token", delay=0.2)

    sources = [process() for _ in range(6)]
    words = ("lab", "lab@work", "lab@team") * 2
    tokens = await asyncio.gather(*(source.get_valid(word) for source, word in zip(sources, words, strict=True)))

    assert len(issuer.requests("/token")) == 3
    assert len({token.value for token in tokens}) == 3
    assert not any(family.reuses for family in issuer.families)
