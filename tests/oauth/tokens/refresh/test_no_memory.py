"""A process that has no memory for the vendor's answer."""

from __future__ import annotations

from asyncio import selector_events
from collections.abc import Iterator
from dataclasses import replace

import pytest

from openab_auth.oauth.errors import RefreshUnansweredError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, TokenEntry
from tests.support.raw_server import GOOD, RawServer, whole


@pytest.fixture
async def astray(login: TokenEntry, store: AsyncStore, server: RawServer) -> TokenEntry:
    """Return the login with the raw server as its token endpoint."""
    moved = replace(login, token_endpoint=f"{server.url}/token")
    await store.update(lambda draft: draft.update(lab=moved))
    return moved


async def test_a_token_whose_answer_found_no_memory_is_not_posted_at_once(
    source: TokenSource, astray: TokenEntry, server: RawServer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop gets no buffer for what the socket has, and closes the connection: no silence of the server."""

    def sends() -> Iterator[bytes]:
        monkeypatch.setattr(selector_events._SelectorTransport, "max_size", 2**62)  # type: ignore[attr-defined]
        yield whole(GOOD)

    server.sends = sends()

    with pytest.raises(RefreshUnansweredError, match="could not be read here: MemoryError"):
        await source.force_refresh("lab")

    monkeypatch.undo()
    assert len(server.requests) == 1
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert not attempt.answered
