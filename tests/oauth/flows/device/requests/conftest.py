"""The vendors of all device flows, at one issuer with short intervals."""

from __future__ import annotations

import pytest

from openab_auth.oauth.client import TokenResponse
from openab_auth.oauth.flows.device import code as codes
from openab_auth.storage import Secret


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll often, so that no test waits for a whole second."""
    monkeypatch.setattr(codes, "SHORTEST", 0.01)


@pytest.fixture
def grant() -> TokenResponse:
    return TokenResponse(Secret("at"), None, 0)
