"""The second step of a Copilot login: GitHub's lasting token is traded for Copilot's, and again when that one ends."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx2

from openab_auth.oauth.client import (
    Driver,
    OAuthClient,
    RequestContext,
    TokenResponse,
    is_token,
    json_object,
    judge_reply,
    reason_of,
)
from openab_auth.oauth.errors import LoginDeadError, PlanMissingError, redact
from openab_auth.oauth.http import is_loopback
from openab_auth.storage.entries import NEVER
from openab_auth.storage.secret import Secret

_PATH: Final = "/copilot_internal/v2/token"
_NO_TOKEN: Final = "a reply without a usable token"  # noqa: S105 - a sentence


def exchange_url(client: OAuthClient) -> str:
    """Where GitHub's tokens are traded: at the API of the GitHub that gives them, also of an enterprise's own."""
    parts = urlsplit(client.token_url)
    host = parts.netloc if is_loopback(parts.hostname or "") else f"api.{parts.netloc}"
    return urlunsplit((parts.scheme, host, _PATH, "", ""))


async def trade(driver: Driver, client: OAuthClient, github: Secret, url: str, *, now: float) -> TokenResponse:
    """Copilot's token for GitHub's, in one GET; the grant's refresh token is GitHub's, which does not rotate.

    Raises:
        PlanMissingError: the account has no seat.
        LoginDeadError: GitHub's token is not taken.
        VendorUnavailableError: no usable answer; nothing is lost by asking again.
        VendorMisconfiguredError: the request is refused.
    """
    question = RequestContext(client.name, client.tenant, "other", (github,))
    answer = await driver.send(client, question, url, headers={"Authorization": f"token {github.reveal()}"})
    body = json_object(answer) or {}
    details = body.get("error_details")
    if answer.status_code in {401, 403} and isinstance(details, dict):
        said = details.get("message")
        raise PlanMissingError(client.name, redact(said if isinstance(said, str) else "it gave no reason", (github,)))
    if answer.status_code == httpx2.codes.UNAUTHORIZED and body:
        raise LoginDeadError(client.tenant, reason_of(question, answer.status_code, body))
    reply = judge_reply(question, answer, now=now)
    token, ends_at = reply.get("token"), reply.get("expires_at")
    if not (isinstance(token, str) and is_token(token)):
        raise question.unavailable(_NO_TOKEN)
    if not (type(ends_at) is int and now < ends_at <= NEVER):
        ends_at = int(now) + client.token_lifetime
    return TokenResponse(Secret(token), github, ends_at)
