"""An authorization server, its clock and an HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer
from tests.bot.playground.issuer.issuer_client import Clock
from tests.support.patience import PATIENCE


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def issuer(clock: Clock) -> AsyncIterator[Issuer]:
    async with Issuer.listening(clock=clock) as issuer:
        yield issuer


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        yield http
