"""A vendor whose tokens live for a shorter time than clients ask for: asking again does not refresh again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from tests.bot.broker.running_broker import put_key, running_broker
from tests.bot.cli.started_commands import configure, log_in


@pytest.fixture
async def issuer(home: Path) -> AsyncIterator[Issuer]:
    """Return an authorization server whose tokens live for five minutes; somebody is logged in there."""
    async with Issuer.listening(access_lifetime=300) as issuer:
        configure(issuer, home)
        await log_in(issuer, home)
        yield issuer


async def test_asking_for_more_than_the_vendor_gives_refreshes_once_a_minute(home: Path, issuer: Issuer) -> None:
    """Ours: the words of clients cause at most one refresh of a login in a minute, and `min_ttl` is such a word."""
    key = put_key(home, "ci", "lab")
    async with running_broker(home) as broker:
        replies = [await broker.token("lab", key=key, min_ttl=600) for _ in range(5)]

    assert {reply.status for reply in replies} == {200}
    assert sum(request.fields.get("grant_type") == "refresh_token" for request in issuer.requests("/token")) <= 1
