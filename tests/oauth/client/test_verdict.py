"""What a vendor's reply means, over a transport that gives exactly that reply."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, TokenResponse
from openab_auth.oauth.errors import (
    ClientRefusedError,
    ExchangeRefusedError,
    LoginDeadError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import PendingEntry, Secret, Tenant

NOW = 1_800_000_000.0
VENDOR = Vendor("lab", "Lab", Tenant("lab"), client_id="lab-public", redirect_uri="http://localhost:1455/auth/callback")
PENDING = PendingEntry(Secret("verifier-" + "v" * 34), Secret("state-" + "s" * 37), "https://lab.example/token", "lab")
Ask = Callable[[httpx2.Response | Exception], Awaitable[TokenResponse]]


def driver_answering(answer: httpx2.Response | Exception) -> Driver:
    def handle(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Driver(httpx2.MockTransport(handle), clock=lambda: NOW)


async def refresh(answer: httpx2.Response | Exception) -> TokenResponse:
    return await driver_answering(answer).refresh(
        VENDOR.client(), Secret("rt-" + "r" * 30), "https://lab.example/token"
    )


async def exchange(answer: httpx2.Response | Exception) -> TokenResponse:
    return await driver_answering(answer).exchange(VENDOR.client(), Secret("code-" + "c" * 30), PENDING)


def reply(status: int, body: object, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)


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
async def test_a_dead_word_ends_a_login_on_refresh_and_refuses_a_code_on_exchange(
    word: str, status: int, shape: str
) -> None:
    body: object = {"error": word} if shape == "top" else {"error": {shape: word, "message": "gone for good"}}

    with pytest.raises(LoginDeadError) as dead:
        await refresh(reply(status, body))
    with pytest.raises(ExchangeRefusedError):
        await exchange(reply(status, body))

    assert word in dead.value.reason
    assert dead.value.tenant == "lab"


@pytest.mark.parametrize(
    "answer",
    [
        reply(500, {"error": "server_error"}),
        reply(503, {"error": "invalid_grant"}),
        reply(502, "bad gateway"),
        reply(429, {"error": "rate_limit_exceeded"}),
        reply(408, {}),
        reply(400, {"error": "temporarily_unavailable"}),
        reply(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        reply(400, {"error": "something_new"}),
        reply(403, {"error": {"type": "permission_error", "message": "not from here"}}),
        reply(200, {"token_type": "Bearer"}),
        reply(200, {"access_token": None}),
        reply(200, {"access_token": ""}),
        reply(200, {"access_token": "two\nlines"}),
        reply(200, {"access_token": "t" * (2**16 + 1)}),
        reply(200, {"access_token": "at", "refresh_token": "t" * (2**16 + 1)}),
        reply(200, ["access_token"]),
        httpx2.Response(200, html="<h1>Sign in to the hotel's network</h1>"),
        httpx2.Response(400, html="<h1>invalid_grant</h1>"),
        httpx2.Response(401, content=b""),
        httpx2.Response(403, html="<title>Just a moment...</title>"),
        httpx2.Response(200, content=b""),
        httpx2.Response(200, content=b'{"access_token": "cut o'),
        httpx2.Response(200, content=b"[" * 100_000),
        httpx2.ReadTimeout("slow"),
        httpx2.ReadError("cut"),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
    ],
    ids=lambda answer: repr(answer)[:80],
)
async def test_what_may_pass_by_itself_is_transient(answer: httpx2.Response | Exception) -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await refresh(answer)

    assert unavailable.value.sent


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

    assert not unavailable.value.sent
    assert "again" in unavailable.value.todo
    assert "waits" in unavailable.value.kept


async def test_a_lost_reply_to_a_code_says_to_begin_again() -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await exchange(httpx2.ReadError("cut"))

    assert unavailable.value.sent
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
async def test_a_handshake_that_fails_is_the_operators_matter_and_one_that_is_cut_off_may_pass(
    cause: Exception, kind: type[OAuthError]
) -> None:
    error = httpx2.ConnectError("handshake")
    error.__cause__ = cause

    with pytest.raises(kind) as failed:
        await refresh(error)

    if isinstance(failed.value, VendorUnavailableError):
        assert not failed.value.sent


async def test_a_server_that_speaks_no_tls_at_all_is_misconfigured() -> None:
    async with Issuer.listening() as issuer:
        driver = Driver(deadline=2.0)
        with pytest.raises(VendorMisconfiguredError, match="no secure connection could be made"):
            await driver.refresh(VENDOR.client(), Secret("rt"), issuer.token_url.replace("http:", "https:"))
        await driver.aclose()


# each vendor's own shape

REUSED = "Your refresh token has already been used to generate a new access token. Please try signing in again."


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": {"message": REUSED, "type": "invalid_request_error", "param": None,
                         "code": "refresh_token_reused"}}, LoginDeadError),
        (401, {"error": {"message": "gone", "type": "invalid_request_error", "code": "refresh_token_expired"}},
         LoginDeadError),
        (400, {"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}, LoginDeadError),
        (400, {"error": {"type": "invalid_grant", "message": "Refresh token not found"}}, LoginDeadError),
        (429, {"type": "error", "error": {"type": "rate_limit_error", "message": "Rate limited."}},
         VendorUnavailableError),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
         VendorUnavailableError),
        (200, {"error": "bad_refresh_token", "error_description": "The refresh token passed is incorrect or expired."},
         LoginDeadError),
        (200, {"error": "incorrect_client_credentials", "error_description": "no"}, VendorMisconfiguredError),
        (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, LoginDeadError),
        (401, {"error": "invalid_client", "error_description": "The OAuth client was not found."},
         ClientRefusedError),
        (400, {"error": "invalid_grant", "error_description": "Invalid refresh token provided"}, LoginDeadError),
        (400, {"error": "unauthorized_client"}, ClientRefusedError),
        (400, {"error": "unsupported_grant_type"}, VendorMisconfiguredError),
        (400, {"error": "slow_down"}, VendorUnavailableError),
        (500, {"error": "server_error"}, VendorUnavailableError),
        (403, {"error": {"message": "unsupported_country_region_territory"}}, VendorUnavailableError),
        (400, {"error": 7}, VendorUnavailableError),
        (400, {"error": {"code": None, "type": ["odd"]}}, VendorUnavailableError),
    ],
    ids=repr,
)  # fmt: skip
async def test_each_vendors_words_for_a_refresh_that_failed(status: int, body: object, kind: type[OAuthError]) -> None:
    with pytest.raises(OAuthError) as failed:
        await refresh(reply(status, body))

    assert isinstance(failed.value, kind)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"error": {"message": REUSED, "code": "refresh_token_reused"}}, True),
        ({"error": "invalid_grant", "error_description": "Refresh token reuse detected"}, True),
        ({"error": "invalid_grant", "error_description": "this refresh token was spent already"}, True),
        ({"error": "invalid_grant", "error_description": "expired"}, False),
        ({"error": "refresh_token_expired"}, False),
    ],
    ids=repr,
)
async def test_a_vendor_that_has_seen_the_token_before_leads_to_the_copy_of_the_store(
    body: object, *, named: bool
) -> None:
    with pytest.raises(LoginDeadError) as dead:
        await refresh(reply(400, body))

    assert ("a copy of this store" in dead.value.reason) == named


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("Fri, 15 Jan 2027 08:01:40 GMT", 100.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("99999999999", 86400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
async def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    with pytest.raises(VendorUnavailableError) as unavailable:
        await refresh(httpx2.Response(429, headers={"Retry-After": value}))

    assert unavailable.value.retry_after == seconds


@pytest.mark.parametrize(
    ("ask", "sent"),
    [
        (refresh, ["rt-" + "r" * 30]),
        (exchange, ["code-" + "c" * 30, PENDING.verifier.reveal(), PENDING.state.reveal()]),
    ],
)
async def test_an_echoed_secret_is_never_shown(ask: Ask, sent: list[str]) -> None:
    """A vendor may quote what it was sent, or a token of its own; the error shows its words without those."""
    echo = f"bad: {' '.join(sent)} and other-token-A1b2C3d4E5f6G7h8I9j0K"

    with pytest.raises(OAuthError) as refused:
        await ask(reply(400, {"error": "invalid_grant", "error_description": echo}))

    said = str(refused.value)
    assert "invalid_grant: bad:" in said
    assert not [secret for secret in [*sent, "A1b2C3d4"] if secret in said]


async def test_the_vendors_own_words_are_shown_on_one_bounded_line() -> None:
    with pytest.raises(ExchangeRefusedError) as refused:
        await exchange(reply(400, {"error": "odd", "error_description": "your\nseat \u202ehas " + "ended " * 100}))

    assert "your seat has ended" in refused.value.reason
    assert "\n" not in refused.value.reason
    assert len(refused.value.reason) < 250
