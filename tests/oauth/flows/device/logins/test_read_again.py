"""An answer with tokens is read again after a moment without memory, and after Ctrl-C: no vendor sends it twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, read_token_response
from openab_auth.oauth.flows.device import aws, codex, standard
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, TokenEntry
from tests.oauth.flows.device.logins.device_logins import ADA, FLOWS


def fail_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, whose first result is lost for lack of memory."""
    failed = False

    def fail_or_call(*words: Any, **named: Any) -> Any:
        nonlocal failed
        found = function(*words, **named)
        if not failed:
            failed = True
            raise MemoryError
        return found

    return fail_or_call


@pytest.mark.parametrize("vendor", FLOWS)
async def test_a_moment_without_memory_after_an_approval_loses_no_login(
    logins: Logins,
    store: AsyncStore,
    issuer: Issuer,
    catalogue: Catalogue,
    vendor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer = await logins.begin(vendor, ADA)
    await issuer.approve_device(offer.user_code or "")
    for flow in (aws, codex, standard):
        monkeypatch.setattr(flow, "judge_poll", fail_once(flow.judge_poll))

    assert await logins.outcome(vendor, ADA)

    assert catalogue.get(vendor).tenant in await store.read()


async def test_a_moment_without_memory_during_an_aws_refresh_loses_no_token(
    logins: Logins,
    store: AsyncStore,
    issuer: Issuer,
    catalogue: Catalogue,
    driver: Driver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer = await logins.begin("kiro", ADA)
    await issuer.approve_device(offer.user_code or "")
    await logins.outcome("kiro", ADA)
    monkeypatch.setattr(aws, "read_token_response", fail_once(read_token_response))

    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        token = await source.force_refresh("kiro")

    entry = (await store.read())[catalogue.get("kiro").tenant]
    assert isinstance(entry, TokenEntry)
    assert entry.access_token == token.value
