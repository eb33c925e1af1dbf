"""A scripted broker, and a source at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.broker import BrokerTokenSource
from tests.oauth.tokens.broker.scripted_broker import ScriptedBroker, token


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker([token()], tmp_path / "auth.sock").listening() as broker:
        yield broker


@pytest.fixture
async def source(broker: ScriptedBroker) -> AsyncIterator[BrokerTokenSource]:
    async with TokenSource.at(broker.address, key="oab_canary-key") as source:
        yield source
