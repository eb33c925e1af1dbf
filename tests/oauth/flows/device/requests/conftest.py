"""Each device flow's vendor at the one issuer, asked quickly."""

from __future__ import annotations

import pytest

from openab_auth.oauth.client import TokenResponse
from openab_auth.oauth.flows.device import code as codes
from openab_auth.storage import Secret


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a whole second in here."""
    monkeypatch.setattr(codes, "SHORTEST", 0.01)


@pytest.fixture
def grant() -> TokenResponse:
    return TokenResponse(Secret("at"), None, 0)
