"""A discovered authorization server, and its answers to registrations."""

from __future__ import annotations

from typing import Any

import pytest

from openab_auth.oauth.mcp import Discovered
from tests.oauth.mcp.stranger import Page, Stranger

REGISTER = "/register"


@pytest.fixture
def found(stranger: Stranger) -> Discovered:
    return Discovered(
        issuer=stranger.url,
        resource=stranger.mcp,
        authorize_url=f"{stranger.url}/authorize",
        token_url=f"{stranger.url}/token",
        registration_url=f"{stranger.url}{REGISTER}",
        asked=("read",),
        known=("read", "write"),
        takes_metadata_documents=True,
    )


@pytest.fixture
def answers(stranger: Stranger) -> Any:
    """Set the members, beside `client_id`, in the registration endpoint's answer."""

    def answer(status: int = 201, **members: Any) -> None:
        stranger.pages[REGISTER] = Page({"client_id": "c1", **members}, status)

    answer()
    return answer
