"""The device flow of Codex, which follows no standard: JSON, a status for "not yet", and a code to exchange at the end.

`device_url` gives the user code; `token` beside it is polled. People open `authorize_url`, which is `/codex/device` by
default. The code is then exchanged at `token_url` with the verifier that the vendor made. The
exchange sends `redirect_uri`, which is `/deviceauth/callback` by default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import urljoin

import httpx2

from openab_auth.oauth.client import (
    Driver,
    OAuthClient,
    RequestContext,
    error_words,
    is_token,
    json_object,
    judge_reply,
)
from openab_auth.oauth.errors import VendorMisconfiguredError
from openab_auth.oauth.flows.device.code import DeviceCode, read_code
from openab_auth.oauth.flows.device.requests import ApprovalPending, PollOutcome, judge_poll
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.storage.entries import PendingEntry
from openab_auth.storage.secret import Secret

_NO_CODE: Final = "an approval without a usable code"
_BY_PASTE: Final = "switch on logins by device code in the account's settings, or log in with the link of `codex`"
_NOT_YET: Final = frozenset({httpx2.codes.FORBIDDEN, httpx2.codes.NOT_FOUND})
_DECIDED: Final = frozenset({"access_denied", "authorization_denied", "expired_token", "slow_down"})


class CodexDevice:
    """Sends the requests of Codex; `clock` gives unix seconds."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock

    async def start(self, client: OAuthClient) -> DeviceCode:
        """See `DeviceRequests.start`."""
        context = RequestContext(client.name, client.tenant, "other")
        response = await self._driver.post(client, context, client.device_url, client.device_params, encoding="json")
        if response.status_code == httpx2.codes.NOT_FOUND:
            raise VendorMisconfiguredError(client.name, "it offers no login by code here", _BY_PASTE)
        body = judge_reply(context, response, now=self._clock())
        return read_code(
            client,
            device_code=body.get("device_auth_id"),
            user_code=body.get("user_code") or body.get("usercode"),
            uri=client.authorize_url or urljoin(client.device_url, "/codex/device"),
            interval=body.get("interval"),
            expires_in=body.get("expires_in"),
            now=self._clock(),
        )

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollOutcome:
        """See `DeviceRequests.poll`; the exchange follows the last poll."""
        context = RequestContext(client.name, client.tenant, "approval", (pending.verifier,))
        fields = {"device_auth_id": pending.verifier.reveal(), "user_code": pending.state.reveal()}
        url = urljoin(client.device_url, "token")
        response = await self._driver.post(client, context, url, fields, encoding="json")
        if response.status_code in _NOT_YET and not _DECIDED & error_words(json_object(response) or {}):
            return ApprovalPending()
        body = undisturbed(partial(judge_poll, context, response, now=self._clock()))
        if isinstance(body, ApprovalPending):
            return body
        code, verifier = body.get("authorization_code"), body.get("code_verifier")
        if not (isinstance(code, str) and isinstance(verifier, str) and is_token(code) and is_token(verifier)):
            raise context.unavailable(_NO_CODE)
        redirect_uri = client.redirect_uri or urljoin(client.device_url, "/deviceauth/callback")
        return await self._driver.exchange(
            dataclasses.replace(client, redirect_uri=redirect_uri),
            Secret(code),
            dataclasses.replace(pending, verifier=Secret(verifier)),
        )
