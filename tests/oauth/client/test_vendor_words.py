"""Each vendor's own error codes, and how an error shows them."""

from __future__ import annotations

import httpx2
import pytest

from openab_auth.oauth.errors import (
    ClientRefusedError,
    ExchangeRefusedError,
    LoginDeadError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from tests.oauth.client.verdicts import PENDING, Ask, exchange, refresh, reply

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
    ("status", "body"),
    [
        (401, {"error": {"message": "Could not validate your token. Please try signing in again.",
                         "type": "invalid_request_error", "code": "token_expired"}}),  # OpenAI
        (403, {"error": "unauthorized_client", "error_description": "refresh_token is invalid"}),  # Atlassian
        (400, {"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}),  # HubSpot
        (400, {"error": "interaction_required", "error_description": "AADSTS50076: use multi-factor authentication",
               "suberror": "basic_action"}),  # Entra
        (400, {"error": "invalid_request", "error_description": "Refresh token is invalid"}),  # Databricks
        (401, {"error": "Invalid refresh token.", "status": "error"}),  # Keboola
        (400, {"error": {"code": 400, "message": "TOKEN_EXPIRED", "status": "INVALID_ARGUMENT"}}),  # Firebase
        (400, {"code": 400, "error_code": "refresh_token_already_used", "msg": "Already Used"}),  # Supabase
        (400, {"__type": "NotAuthorizedException", "message": "Refresh Token has been revoked"}),  # Cognito
        (400, {"error": "InvalidGrantException"}),
        (401, {"errors": [{"code": "unauthorized", "message": "The refresh token was not found."}]}),
        (400, {"error": "invalid_request", "error_description":
               "The provided authorization grant or refresh token is invalid, expired or revoked"}),  # LinkedIn
        (404, {"error": "refresh_token_not_found"}),
    ],
    ids=repr,
)  # fmt: skip
async def test_a_refresh_token_that_is_over_is_recognised_in_each_servers_words(status: int, body: object) -> None:
    with pytest.raises(LoginDeadError):
        await refresh(reply(status, body))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "invalid_request", "error_description": "refresh_token parameter is missing"}),
        (400, {"error": "invalid_client", "error_description": "Client authentication failed, please re-authenticate"}),
        (400, {"error": "unsupported_grant_type", "error_description": "invalid refresh token grant"}),
        (400, {"error": "invalid_request", "error_description": "the refresh token request is invalid: no client_id"}),
        (401, {"error": "unauthorized", "message": "refresh token lookup: not found, temporary failure"}),
        (401, {"error": "oops", "message": "Refresh token is invalid or the service is unavailable, try again later"}),
        (403, {"error": "forbidden", "message": "Access denied"}),
        (401, {"error": "unauthorized", "message": "this API token has expired"}),
        (503, {"error": "invalid_grant"}),
        (429, {"error": "invalid_grant"}),
        (400, {"error": "temporarily_unavailable", "error_description": "refresh token is invalid"}),
        (401, {"error": "unauthorized", "message": "Your session has expired. Please log in again."}),
        (401, {"message": "Token expired"}),
        (403, {"message": "Token expired"}),
        (401, {"error": "invalid_token", "error_description": "The token has expired"}),
        (403, {"error": "login_required"}),
        (403, {"error": {"type": "session_expired"}}),
        (400, {"error": "server_busy", "error_description": "refresh token is invalid. Our database is down"}),
        (400, {"error": "bad", "error_description": "cannot verify: refresh token not found, replica lag"}),
        (400, {"error": "Invalid refresh token: lock wait exceeded"}),
        (400,{"error":"Failed to refresh token: invalid response from identity provider"}),
        (400,{"message":"Could not refresh token: upstream host not found"}),
        (401,{"message":"Unable to refresh token: unknown error"}),
        (400,{"error":"server_busy","error_description":"Failed to refresh token: invalid JSON from it"}),
        (403,{"message":"Failed to refresh token: malformed upstream reply"}),
        (400,{"error":"unauthorized_client","error_description":"Unrecognized client for refresh token"}),
        (401,{"error":"unauthorized_client","error_description":"refresh token unusable: client is not active"}),
        (400,{"error":"invalid_request","error_description":"Unknown parameter refresh_token"}),
        (400,{"error":"invalid_request","error_description":"refresh_token: unknown parameter"}),
        (400,{"error":"invalid_request","error_description":"refresh_token not verified: key not found"}),
        (400,{"error":"invalid_request","error_description":"Malformed body, refresh_token"}),
        (422,{"detail":"refresh token lookup failed, replica not active"}),
        (403,{"message":"Your session has expired. Please log in again."}),
        (400,{"error":{"status":"UNAVAILABLE","message":"refresh token backend not found"}}),
        (400,{"code":"temporarily_unavailable","message":"refresh token not found"}),
        (400,{"code":"server_error","message":"refresh token not found"}),
        (401,{"code":"invalid_client","error":"x","message":"refresh token rejected"}),
        (400,{"error":"invalid_grant","error_description":"Service temporarily unavailable, try again later"}),
        (403,{"error":"access_denied","error_description":"Refresh token rejected by firewall policy"}),
        (400,{"error":"dpop_nonce","error_description":"use_dpop_nonce; refresh token rejected"}),
        (400,{"error":"use_dpop_nonce","error_description":"refresh token invalid without nonce"}),
        (401,{"error":"authorization_pending","message":"re-authenticate"}),
        (410,{"error":"gone","message":"user_not_found"}),
    ],
    ids=repr,
)  # fmt: skip
async def test_an_outage_or_a_wrong_client_never_ends_a_login(status: int, body: object) -> None:
    with pytest.raises((VendorUnavailableError, VendorMisconfiguredError, ClientRefusedError)):
        await refresh(reply(status, body))


async def test_a_good_reply_is_no_refusal_whatever_else_it_says() -> None:
    for more in ({"status": "token_expired"}, {"error": None, "code": "login_required"}, {"error": "", "type": "x"}):
        tokens = await refresh(reply(200, {"access_token": "at", **more}))

        assert tokens.access_token.reveal() == "at"


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
async def test_a_token_that_was_seen_before_points_to_a_copy_of_the_store(body: object, *, named: bool) -> None:
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
    """A vendor may repeat a secret from the request, or a token of its own; the error shows neither."""
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
