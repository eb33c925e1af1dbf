"""A refused refresh is recognised wherever in the reply, and in whatever format, the server says it."""

from __future__ import annotations

import time

import httpx2
import pytest

from openab_auth.oauth.errors import (
    LoginDeadError,
    RefreshRefusedError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from tests.oauth.client.verdicts import refresh, reply


def text(status: int, content: str, kind: str = "text/plain") -> httpx2.Response:
    return httpx2.Response(status, content=content.encode(), headers={"Content-Type": kind})


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, {"errors": [{"code": "unauthorized"}, {"code": "refresh_token_invalid", "message": "no"}]}),  # Clerk
        reply(400, {"errors": {"code": "invalid_grant"}}),
        reply(422, {"message": "The given data was invalid.",
                    "errors": {"refresh_token": ["x"], "detail": ["The refresh token is invalid."]}}),
        reply(400, {"data": {"error": "invalid_grant"}}),
        reply(401, {"fault": {"faultstring": "Invalid refresh token",
                              "detail": {"errorcode": "keymanagement.service.invalid_refresh_token"}}}),  # Apigee
        reply(401, {"ErrorCode": "invalid_request", "Error": "Refresh Token expired"}),
        reply(401, {"detail": {"error": "invalid_grant", "msg": "x"}}),
        reply(401, {"detail": "Token is blacklisted", "code": "token_not_valid"}),  # Simple JWT
        reply(400, {"type": "urn:ietf:params:oauth:error:invalid_grant", "status": 400}),
        reply(401, {"code": "auth/refresh-token-expired"}),
        reply(400, {"errorSummary": "The refresh token is invalid or expired."}),
        reply(400, {"error": '{"error": "invalid_grant"}'}),
        reply(200, {"errcode": 42002, "errmsg": "refresh_token expired"}),  # WeChat
        reply(200, {"code": 20026, "msg": "refresh token is invalid"}),
        reply(400, {"error": "invalid_request", "error_description": "The refresh token has already been used"}),
        reply(400, {"error": "invalid_request", "error_description": "The refresh token does not exist"}),
        reply(401, {"message": "The refresh token has been revoked by the user"}),
        reply(400, [{"errorCode": "INVALID_GRANT"}]),
        reply(404, {"error": "invalid_grant"}),
        reply(419, {"error": "invalid_grant"}),
        reply(498, {"message": "Refresh token expired"}),
        text(400, "invalid_grant"),
        text(401, "The refresh token has expired."),
        text(400, "error=invalid_grant&error_description=gone", "application/x-www-form-urlencoded"),
        text(400, "<e:Error><e:code>InvalidRefreshToken</e:code><e:message>gone</e:message></e:Error>", "text/xml"),
        text(400, '"invalid_grant"', "application/json"),
    ],
    ids=lambda answer: answer.text[:60],
)  # fmt: skip
async def test_a_token_that_is_over_is_recognised_in_each_place_and_format(answer: httpx2.Response) -> None:
    with pytest.raises(LoginDeadError):
        await refresh(answer)


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, {"error": "invalid_grant", "error_description": "Unable to reach the token store"}),
        reply(401, {"message": "Invalid refresh token, or the identity provider could not be reached"}),
        reply(400, {"errors": [{"code": "invalid_grant"}, {"code": "server_error"}]}),
        reply(400, {"data": {"code": "invalid_client"}, "message": "refresh token is invalid"}),
        reply(409, {"error": "invalid_grant"}),
        reply(423, {"error": "refresh_token_expired"}),
        reply(451, {"error": "invalid_grant"}),
        reply(404, {"error": "session_expired"}),
        reply(400, {"code": "failed_to_refresh_token_expired"}),
        reply(400, {"code": "missing_refresh_token"}),
        reply(200, {"data": {"access_token": "at"}, "message": "refresh token revoked"}),
        reply(200, {"access_token": "at", "refresh_token": "rt-2", "error": "invalid_grant"}),
        text(200, "Login required"),  # the sign-in page of a network, also the next ones
        text(400, "Session expired"),
        text(401, "Token expired."),
        text(400, "<h1>Invalid refresh token</h1>"),
        text(403, "<!DOCTYPE html><p>refresh token expired", "text/html"),
        text(502, "invalid_grant"),
        text(400, "invalid_grant\n" * 600),
        text(400, "[" * 7000),
        httpx2.Response(401, content=b"\xff\xfe\x00", headers={"Content-Type": "text/plain; charset=rot13"}),
    ],
    ids=lambda answer: answer.text[:60] if answer.charset_encoding != "rot13" else "rot13",
)
async def test_a_page_an_outage_and_another_trouble_end_no_login(answer: httpx2.Response) -> None:
    with pytest.raises((VendorUnavailableError, VendorMisconfiguredError)):
        await refresh(answer)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (reply(400, {"message": "刷新令牌已过期"}), "刷新令牌已过期"),
        (reply(401, {"reason": "Invalid Token!", "error": "invalid_request"}), "invalid_request"),  # Zoom
        (reply(400, {"errors": [{"title": "Nope"}]}), "Nope"),
        (reply(400, ["Nope"]), "Nope"),
        (reply(200, {"ok": False, "error": "team_removed"}), "team_removed"),  # Slack answers everything with 200
        (text(401, "Nope"), "Nope"),
    ],
    ids=repr,
)
async def test_unknown_words_are_a_refusal_that_counts_and_is_shown(answer: httpx2.Response, shown: str) -> None:
    with pytest.raises(RefreshRefusedError, match=shown):
        await refresh(answer)


@pytest.mark.parametrize(
    "said",
    [
        "refresh_token parameter is missing",
        "scope is required",
        "multiple client authentication methods",
        "bad grant_type",
    ],
)
async def test_an_invalid_request_that_names_its_mistake_is_the_operators(said: str) -> None:
    with pytest.raises(VendorMisconfiguredError):
        await refresh(reply(400, {"error": "invalid_request", "error_description": said}))


@pytest.mark.parametrize(
    "answer",
    [
        text(400, f"<a>{' ' * 7000}x", "text/xml"),
        text(400, f"<a{' ' * 7000}x", "text/xml"),
        text(400, "<a:" * 2600, "text/xml"),
        reply(400, {"aB" * 500_000: "x"}),
        reply(400, {"error": {"message": "a_/" * 330_000}}),
        reply(400, {"errors": [{"a": {"a": {"a": {"a": 1}}}}] * 1900}),
    ],
    ids=lambda answer: answer.text[:20],
)
async def test_no_refusal_keeps_the_event_loop_busy(answer: httpx2.Response) -> None:
    """Its texts are read in the event loop; the time of this thread alone counts, so other work is no matter."""
    begun = time.thread_time()

    with pytest.raises(VendorUnavailableError):
        await refresh(answer)

    assert time.thread_time() - begun < 1
