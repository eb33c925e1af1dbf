"""The meaning of each reply, over a transport that gives exactly this reply."""

from __future__ import annotations

import ssl

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import (
    ClientRefusedError,
    ExchangeRefusedError,
    LoginDeadError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.storage import Secret
from tests.oauth.client.verdicts import VENDOR, Ask, exchange, refresh, reply

WORDS = [
    "invalid_grant",
    "refresh_token_reused",
    "refresh_token_expired",
    "refresh_token_invalidated",
    "bad_refresh_token",
    "invalid_refresh_token",
    "token_revoked",
    "token_invalidated",
]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("shape", ["top", "code", "type"])
async def test_a_dead_word_ends_a_login_on_refresh_and_refuses_a_code(word: str, status: int, shape: str) -> None:
    body: object = {"error": word} if shape == "top" else {"error": {shape: word, "message": "gone for good"}}

    with pytest.raises(LoginDeadError) as dead:
        await refresh(reply(status, body))
    with pytest.raises(ExchangeRefusedError):
        await exchange(reply(status, body))

    assert word in dead.value.reason
    assert dead.value.tenant == "lab"


@pytest.mark.parametrize(
    ("answer", "processed"),
    [
        (reply(500, {"error": "server_error"}), True),
        (reply(503, {"error": "invalid_grant"}), False),
        (reply(502, "bad gateway"), True),
        (reply(429, {"error": "rate_limit_exceeded"}), False),
        (reply(408, {}), True),
        (reply(400, {"error": "temporarily_unavailable"}), False),
        (reply(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), False),
        (reply(400, {"errors": [{"code": "rate_limited"}]}), False),
        (reply(400, {"__type": "TooManyRequestsException"}), False),
        (reply(200, {"ok": False, "error": "ratelimited"}), False),
        (reply(403, {"message": "secondary rate limit"}, **{"Retry-After": "30"}), False),
        (reply(403, {"error": "challenge"}, **{"cf-mitigated": "challenge"}), False),
        (httpx2.Response(407), False),
        (httpx2.Response(511, html="<h1>Accept the terms</h1>"), False),
        (httpx2.Response(529), False),
        (httpx2.Response(504), True),
        (reply(400, {"error": "something_new"}), True),
        (reply(403, {"error": {"type": "permission_error", "message": "not from here"}}), True),
        (reply(200, {"token_type": "Bearer"}), True),
        (reply(200, {"access_token": None}), True),
        (reply(200, {"access_token": ""}), True),
        (reply(200, {"access_token": "two\nlines"}), True),
        (reply(200, {"access_token": "t" * (2**16 + 1)}), True),
        (reply(200, {"access_token": "at", "refresh_token": "t" * (2**16 + 1)}), True),
        (reply(200, ["access_token"]), True),
        (httpx2.Response(200, html="<h1>Sign in to the hotel's network</h1>"), True),
        (httpx2.Response(400, html="<h1>invalid_grant</h1>"), False),
        (httpx2.Response(401, content=b""), True),
        (httpx2.Response(403, html="<title>Just a moment...</title>"), False),
        (httpx2.Response(200, content=b""), True),
        (httpx2.Response(200, content=b'{"access_token": "cut o'), True),
        (httpx2.Response(200, content=b"[" * 100_000), True),
        (httpx2.ReadTimeout("slow"), True),
        (httpx2.ReadError("cut"), True),
        (httpx2.RemoteProtocolError("Server disconnected without sending a response."), True),
    ],
    ids=lambda answer: repr(answer)[:80],
)
async def test_what_may_pass_by_itself_is_transient(answer: httpx2.Response | Exception, *, processed: bool) -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await refresh(answer)

    assert unavailable.value.processed == processed


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, {"error": "invalid_client"}),
        reply(400, {"error": "unauthorized_client"}),
        reply(400, {"error": "unsupported_grant_type"}),
        reply(400, {"error": "invalid_scope"}),
        reply(400, {"error": {"type": "invalid_client", "message": "unknown client"}}),
        reply(404, {"detail": "Not Found"}),
        httpx2.Response(404, html="<h1>Not Found</h1>"),
        httpx2.Response(405),
        httpx2.Response(302, headers={"Location": "https://elsewhere.example/token"}),
        httpx2.Response(307, headers={"Location": "https://lab.example/token/"}),
        httpx2.Response(304),
        reply(200, {"access_token": "at", "token_type": "DPoP"}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("ask", [refresh, exchange])
async def test_what_the_operator_must_mend_is_misconfigured(answer: httpx2.Response, ask: Ask) -> None:
    with pytest.raises(VendorMisconfiguredError):
        await ask(answer)


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, {"error": "invalid_request", "error_description": "code is malformed"}),
        reply(400, {"error": {"type": "invalid_request_error", "message": "Invalid code"}}),
        reply(403, {"error": "access_denied"}),
        reply(422, {"message": "no"}),
        reply(200, {"error": "bad_verification_code"}),
    ],
    ids=repr,
)
async def test_a_code_that_the_vendor_does_not_take_is_refused(answer: httpx2.Response) -> None:
    with pytest.raises(ExchangeRefusedError):
        await exchange(answer)


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("slow"), httpx2.ProxyError("no")]
)
async def test_a_connection_that_was_never_made_leaves_the_paste_good(error: Exception) -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await exchange(error)

    assert not unavailable.value.processed
    assert "again" in unavailable.value.todo
    assert "waits" in unavailable.value.kept


async def test_a_wait_longer_than_a_pending_login_says_to_begin_again_then() -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await exchange(httpx2.Response(503, headers={"Retry-After": "3600"}))

    assert not unavailable.value.processed
    assert unavailable.value.todo.startswith("begin again")
    assert unavailable.value.todo.endswith("in 3600 s")


async def test_a_refused_client_says_that_the_code_is_spent() -> None:
    with pytest.raises(ClientRefusedError) as refused:
        await exchange(reply(401, {"error": "invalid_client"}))

    assert "begin again" in refused.value.todo
    assert "this login is over" in refused.value.kept


async def test_a_lost_reply_to_a_code_says_to_begin_again() -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await exchange(httpx2.ReadError("cut"))

    assert unavailable.value.processed
    assert "begin again" in unavailable.value.todo


async def test_a_certificate_that_cannot_be_verified_is_not_retried_for_ever() -> None:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    error = httpx2.ConnectError("handshake")
    error.__cause__ = cause

    with pytest.raises(VendorMisconfiguredError, match="self-signed certificate"):
        await refresh(error)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), VendorMisconfiguredError),
        (ssl.SSLError(1, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] handshake failure"), VendorMisconfiguredError),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), VendorUnavailableError),
        (ssl.SSLZeroReturnError(6, "TLS/SSL connection has been closed"), VendorUnavailableError),
        (ConnectionResetError(104, "Connection reset by peer"), VendorUnavailableError),
        (OSError(113, "No route to host"), VendorUnavailableError),
    ],
    ids=repr,
)
async def test_a_failed_handshake_is_the_operators_matter_a_cut_one_may_pass(
    cause: Exception, kind: type[OAuthError]
) -> None:
    error = httpx2.ConnectError("handshake")
    error.__cause__ = cause

    with pytest.raises(kind) as failed:
        await refresh(error)

    if isinstance(failed.value, VendorUnavailableError):
        assert not failed.value.processed


async def test_a_server_that_speaks_no_tls_at_all_is_misconfigured() -> None:
    async with Issuer.listening() as issuer:
        driver = Driver(deadline=2.0)
        with pytest.raises(VendorMisconfiguredError, match="no secure connection could be made"):
            await driver.refresh(VENDOR.client(), Secret("rt"), issuer.token_url.replace("http:", "https:"))
        await driver.aclose()
