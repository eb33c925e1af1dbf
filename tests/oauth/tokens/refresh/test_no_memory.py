"""A process that has no memory for the vendor's answer."""

from __future__ import annotations

import time
from asyncio import selector_events
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

import httpx2
import pytest

from openab_auth.oauth.client import driver, sender
from openab_auth.oauth.errors import RefreshUnansweredError, VendorUnavailableError
from openab_auth.oauth.http import BoundedTransport, transport
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, Secret, TokenEntry
from tests.support.patience import PATIENCE
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


async def test_nothing_is_posted_without_memory_for_the_answer(
    source: TokenSource, astray: TokenEntry, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that cannot be read costs a rotated token, so its memory is there before the request is sent."""
    server.sends = [whole(GOOD)]
    monkeypatch.setattr(transport, "_RESERVE", 2**62)

    with pytest.raises(VendorUnavailableError, match="no memory for its answer, so nothing was sent") as refused:
        await source.force_refresh("lab")

    monkeypatch.undo()
    assert server.requests == []
    assert not refused.value.processed
    await source.force_refresh("lab")
    assert len(server.requests) == 1


async def test_the_reserved_memory_is_free_when_the_answer_comes(
    source: TokenSource, astray: TokenEntry, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    made: list[BoundedTransport] = []

    def make(http: httpx2.AsyncClient) -> BoundedTransport:
        made.append(BoundedTransport(http))
        return made[-1]

    def sends() -> Iterator[bytes]:
        until = time.monotonic() + PATIENCE
        while made[0]._reserve and time.monotonic() < until:  # the request may be under way
            time.sleep(0.01)
        held.append(len(made[0]._reserve))
        yield whole(GOOD)

    monkeypatch.setattr(sender, "BoundedTransport", make)
    server.sends = sends()

    await source.force_refresh("lab")

    assert held == [0]


async def test_a_moment_without_memory_after_the_last_byte_loses_no_answer(
    source: TokenSource, astray: TokenEntry, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole reply is there, and only our own copy of it fails, twice."""
    server.sends = [whole(GOOD)]
    copied, fails = transport._whole, iter([True, True])

    def copy(reply: httpx2.Response, content: bytes) -> httpx2.Response:
        if next(fails, False):
            raise MemoryError
        return copied(reply, content)

    monkeypatch.setattr(transport, "_whole", copy)

    token = await source.force_refresh("lab")

    assert token.value == Secret("at")
    assert len(server.requests) == 1


async def test_an_unexpected_error_after_the_post_is_an_answer_that_was_not_read(
    source: TokenSource, astray: TokenEntry, server: RawServer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No memory is left even to judge the failure: the caller is told, and nobody posts the token for 10 s."""
    server.sends = [whole(b"")]

    def fail(*_: object, **__: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(driver, "judge_reply", fail)

    with pytest.raises(RefreshUnansweredError, match="could not be read here: MemoryError") as told:
        await source.force_refresh("lab")

    assert told.value.retry_after == 10
    assert len(server.requests) == 1
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert not attempt.answered
    assert attempt.not_before >= attempt.at + 10
