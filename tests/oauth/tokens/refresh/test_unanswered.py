"""A refresh that was sent and got no answer: repeated once, at once, and reported truthfully."""

from __future__ import annotations

import gzip
import logging
import shutil
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginDeadError, RefreshUnansweredError, VendorUnavailableError
from openab_auth.oauth.http.transport import _SocketLimit
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, Secret, TokenEntry
from tests.oauth.tokens.stored_logins import stored
from tests.support.clock import Clock
from tests.support.raw_server import GOOD, RawServer, whole


async def test_a_request_that_was_cut_is_repeated_at_once(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.faults.next("/token", cut="before")

    token = await source.force_refresh("lab")

    assert token.value == (await stored(store)).access_token != login.access_token
    assert len(issuer.requests("/token")) == 2
    assert "lab: a refresh got no answer (the connection was cut) and is repeated once" in caplog.text


async def test_a_vendor_with_a_grace_period_gives_the_login_back(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.tokens.grace = 10
    issuer.faults.next("/token", cut="after")

    await source.force_refresh("lab")

    assert (await stored(store)).refresh_token.reveal() == issuer.families[0].refresh_token
    assert not issuer.families[0].revoked


async def test_a_repetition_that_is_refused_says_that_an_answer_was_lost(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    """Without a grace period, only the lost answer contained a valid token."""
    issuer.faults.next("/token", cut="after")

    for _ in range(2):
        with pytest.raises(LoginDeadError, match="the previous request got no answer"):
            await source.force_refresh("lab")

    assert len(issuer.requests("/token")) == 2
    assert await stored(store) == login
    note = (await store.notes())["lab"]
    assert note.dead is not None
    assert note.attempt is None


async def test_two_requests_without_an_answer_are_unknown_not_untouched(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    issuer.faults.next("/token", cut="before", times=2)

    with pytest.raises(RefreshUnansweredError) as unknown:
        await source.force_refresh("lab")

    assert "untouched" not in str(unknown.value)
    assert "may have replaced its refresh token" in unknown.value.kept
    assert len(issuer.requests("/token")) == 2
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert (attempt.fingerprint, attempt.at, attempt.answered) == (
        login.refresh_token.fingerprint(),
        clock.now,
        False,
    )
    assert attempt.not_before > clock.now


async def test_the_try_after_an_unknown_one_is_late_logged_explains_a_refusal(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.faults.next("/token", cut="before", times=2)
    with pytest.raises(RefreshUnansweredError):
        await source.force_refresh("lab")

    with pytest.raises(RefreshUnansweredError, match="may have replaced its refresh token"):
        await source.force_refresh("lab", rejected=login.access_token)
    assert len(issuer.requests("/token")) == 2

    clock.now += 60
    issuer.faults.next("/token", status=503)
    with pytest.raises(RefreshUnansweredError):  # which a vendor in trouble cannot clear up
        await source.force_refresh("lab", rejected=login.access_token)
    clock.now += 60
    issuer.families[0].revoked = True
    with caplog.at_level(logging.WARNING), pytest.raises(LoginDeadError, match="the previous request got no answer"):
        await source.force_refresh("lab", rejected=login.access_token)
    assert "the last request with this refresh token got no answer; it is posted again" in caplog.text
    assert len(issuer.requests("/token")) == 4


@pytest.mark.parametrize("source", [2.0], indirect=True)
async def test_a_request_is_not_repeated_when_there_is_no_time_left_for_it(
    source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", status=503, delay=1.6, cut="after")  # of 2.0 s

    with pytest.raises(RefreshUnansweredError):
        await source.force_refresh("lab")
    assert len(issuer.requests("/token")) == 1


async def test_a_request_that_never_left_is_neither_repeated_nor_in_doubt(
    source: TokenSource, login: TokenEntry, store: AsyncStore
) -> None:
    await store.update(lambda draft: draft.update(lab=_at("http://127.0.0.1:9/token", login)))

    with pytest.raises(VendorUnavailableError, match="the login is untouched") as unsent:
        await source.force_refresh("lab")
    assert not unsent.value.processed
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert attempt.answered


def _at(endpoint: str, login: TokenEntry) -> TokenEntry:
    return TokenEntry(login.access_token, login.refresh_token, login.expires_at, endpoint, login.provider)


# answers that came and could not be read


@pytest.fixture
async def astray(login: TokenEntry, store: AsyncStore, server: RawServer) -> TokenEntry:
    """Return the login with the raw server as its token endpoint."""
    moved = _at(f"{server.url}/token", login)
    await store.update(lambda draft: draft.update(lab=moved))
    return moved


def _flipped(data: bytes, at: int) -> bytes:
    broken = bytearray(data)
    broken[at] ^= 1
    return bytes(broken)


UNREADABLE: list[bytes] = [
    whole(GOOD[:-1] + b" " * 2**21 + b"}"),
    whole(GOOD, b"Content-Encoding: br"),
    whole(GOOD, b"Content-Encoding: gzip"),
    whole(_flipped(gzip.compress(GOOD), 12), b"Content-Encoding: gzip"),
    whole(GOOD, *[b"X: " + b"x" * 1000] * 40),
    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + GOOD,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n" + GOOD,
    b"220 this is no HTTP\r\n\r\n" + GOOD,
    whole(b"<html>" + GOOD),
    whole(GOOD[:-4]),
    whole(b'{"refresh_token": "rt-2"}'),
    whole(b'{"access_token": "at", "refresh_token": "%s"}' % (b"r" * 70_000)),
    whole(b"\xff\xfe\x00"),
    whole(GOOD)[:-4],
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) + GOOD[:-4],
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-",
]


@pytest.mark.parametrize("sent", UNREADABLE, ids=range(len(UNREADABLE)))
async def test_after_an_unreadable_answer_the_token_is_not_posted_at_once(
    source: TokenSource, astray: TokenEntry, server: RawServer, store: AsyncStore, clock: Clock, sent: bytes
) -> None:
    """The token may be used. A repetition would get the same answer, or would revoke the family."""
    server.sends = [sent]

    with pytest.raises(RefreshUnansweredError, match="gave no usable answer"):
        await source.force_refresh("lab")

    assert len(server.requests) == 1
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert not attempt.answered
    assert attempt.not_before == clock.now + 10, "another process waits, too"
    assert await stored(store) == astray


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("a fault of ours")], ids=lambda one: type(one).__name__)
async def test_after_a_failure_of_our_own_the_token_is_not_posted_at_once(
    source: TokenSource,
    astray: TokenEntry,
    server: RawServer,
    store: AsyncStore,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer was there when this process could not take it."""
    watch = _SocketLimit.watch

    def fail_at_the_first_bytes(limit: _SocketLimit, stream: Any) -> None:
        read = stream.read

        async def fail(*size: Any, **limits: Any) -> NoReturn:
            await read(*size, **limits)
            raise error

        stream.read = fail
        watch(limit, stream)

    monkeypatch.setattr(_SocketLimit, "watch", fail_at_the_first_bytes)
    server.sends = [whole(GOOD)]

    with pytest.raises(RefreshUnansweredError, match="gave no usable answer"):
        await source.force_refresh("lab")

    assert len(server.requests) == 1
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert not attempt.answered


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(GOOD) + 2) + GOOD,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) + GOOD,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) + GOOD + b"\r\nnonsense\r\n",
        whole(_flipped(gzip.compress(GOOD), -8), b"Content-Encoding: gzip"),
        whole(_flipped(gzip.compress(GOOD), -1), b"Content-Encoding: gzip"),
        whole(gzip.compress(GOOD)[:-8], b"Content-Encoding: gzip"),
        whole(GOOD, b"X: x"),
    ],
    ids=["long-length", "no-last-chunk", "nonsense-after-it", "wrong-checksum", "wrong-size", "no-checksum", "whole"],
)
async def test_tokens_that_came_are_stored_although_their_reply_was_cut(
    source: TokenSource, astray: TokenEntry, server: RawServer, store: AsyncStore, sent: bytes
) -> None:
    server.sends = [sent]

    token = await source.force_refresh("lab")

    assert token.value == (await stored(store)).access_token == Secret("at")
    assert len(server.requests) == 1


@pytest.mark.parametrize("driver", [2.0], indirect=True)
async def test_tokens_that_came_are_stored_although_the_chunks_never_end(
    source: TokenSource, astray: TokenEntry, server: RawServer, store: AsyncStore
) -> None:
    """A body without a length ends with its connection (RFC 9112 6.3)."""
    server.sends = chain([b"HTTP/1.1 200 OK\r\n\r\n", GOOD], repeat(b""))
    server.pause = 0.01

    await source.force_refresh("lab")

    assert (await stored(store)).refresh_token == Secret("rt-2")
    assert len(server.requests) == 1


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError()], ids=lambda one: type(one).__name__)
async def test_tokens_that_came_are_stored_although_the_connection_stays_open(
    source: TokenSource,
    astray: TokenEntry,
    server: RawServer,
    store: AsyncStore,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(_: object) -> NoReturn:
        raise error

    server.sends = [whole(GOOD)]
    monkeypatch.setattr(httpx2.Response, "aclose", fail)

    await source.force_refresh("lab")

    assert (await stored(store)).refresh_token == Secret("rt-2")
    assert len(server.requests) == 1


# other people's tokens


async def test_a_copy_of_the_store_in_another_home_is_named_and_not_retried(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, catalogue: Catalogue, clock: Clock
) -> None:
    """Case 33: the home that refreshes second posts a token that the first home has used."""
    copy = tmp_path / "other home" / "auth.json"
    shutil.copytree(tmp_path, copy.parent, ignore=shutil.ignore_patterns("other home"))
    await source.force_refresh("lab")

    async with TokenSource(FileStore(copy, clock=clock), catalogue=catalogue, clock=clock) as other:
        for _ in range(2):
            with pytest.raises(LoginDeadError, match="or a copy of this store"):
                await other.force_refresh("lab")

    assert len(issuer.requests("/token")) == 2
