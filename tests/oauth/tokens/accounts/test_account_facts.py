"""The facts of an account beside the default renew it where the operator's config is missing."""

from __future__ import annotations

from pathlib import Path

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, FileStore
from tests.support.clock import Clock


async def test_an_agent_without_a_config_renews_every_account(
    logins: Logins, issuer: Issuer, clock: Clock, driver: Driver, tmp_path: Path
) -> None:
    for word in ("lab", "lab@work", "lab@u100"):
        offer = await logins.begin(word, CONSOLE)
        await logins.complete(await issuer.approve(offer.url, word), CONSOLE, word)
    clock.now += 3600
    store = FileStore(tmp_path / "auth.json", clock=clock)

    async with TokenSource(Runtime(store, Catalogue.shipped({}), driver, clock, environ={})) as agent:
        tokens = [await agent.get_valid(tenant) for tenant in ("lab", "lab@work", "lab@u100")]

    accounts = [issuer.tokens.family_of(token.value.reveal()) for token in tokens]
    assert [found.account for found in accounts if found] == ["lab", "lab@work", "lab@u100"]
