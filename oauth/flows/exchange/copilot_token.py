"""The request of the Copilot exchange."""

from __future__ import annotations

from typing import Final

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
from openab_auth.storage.entries import NEVER
from openab_auth.storage.secret import Secret

_ASSUMED: Final = 1500  # seconds
_NO_TOKEN: Final = "a reply without a usable token"  # noqa: S105 - a sentence


async def request_copilot_token(
    driver: Driver, client: OAuthClient, github: Secret, url: str, *, now: float
) -> TokenResponse:
    """Request Copilot's token with GitHub's, in one GET. GitHub's is the refresh token; it does not rotate.

    Raises:
        PlanMissingError: the account has no Copilot plan.
        LoginDeadError: GitHub refuses the token.
        VendorUnavailableError: no usable answer; it is safe to ask again.
        VendorMisconfiguredError: GitHub refuses the request.
    """
    context = RequestContext(client.name, client.tenant, "other", (github,))
    response = await driver.send(client, context, url, headers={"Authorization": f"token {github.reveal()}"})
    body = json_object(response) or {}
    details = body.get("error_details")
    if response.status_code in {401, 403} and isinstance(details, dict):
        said = details.get("message")
        raise PlanMissingError(client.name, redact(said if isinstance(said, str) else "it gave no reason", (github,)))
    if response.status_code == httpx2.codes.UNAUTHORIZED and body:
        raise LoginDeadError(client.tenant, reason_of(context, response.status_code, body))
    reply = judge_reply(context, response, now=now)
    token, ends_at = reply.get("token"), reply.get("expires_at")
    if not (isinstance(token, str) and is_token(token)):
        raise context.unavailable(_NO_TOKEN)
    if not (type(ends_at) is int and now < ends_at <= NEVER):
        ends_at = int(now) + (client.token_lifetime or _ASSUMED)
    return TokenResponse(Secret(token), github, ends_at)
