"""The device authorization grant as RFC 8628 describes it, and as GitHub answers."""

from __future__ import annotations

from collections.abc import Callable

from openab_auth.oauth.client import Driver, OAuthClient, RequestContext, judge_reply, read_token_response
from openab_auth.oauth.flows.device.code import DeviceCode, first_of, read_code
from openab_auth.oauth.flows.device.requests import GRANT_TYPE, ApprovalPending, PollOutcome, judge_poll
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.storage.entries import PendingEntry


class StandardDevice:
    """Sends the requests of RFC 8628; `clock` gives unix seconds."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock

    async def start(self, client: OAuthClient) -> DeviceCode:
        """See `DeviceRequests.start` (RFC 8628 3.1)."""
        context = RequestContext(client.name, client.tenant, "other")
        fields = dict(client.device_params)
        if client.scopes:
            fields["scope"] = " ".join(client.scopes)
        response = await self._driver.post(client, context, client.device_url, fields)
        body = judge_reply(context, response, now=self._clock())
        return read_code(
            client,
            device_code=body.get("device_code"),
            user_code=body.get("user_code"),
            uri=first_of(body, "verification_uri", "verification_url"),  # Google's name, older than the standard
            complete_uri=first_of(body, "verification_uri_complete", "verification_url_complete"),
            interval=body.get("interval"),
            expires_in=body.get("expires_in"),
            now=self._clock(),
        )

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollOutcome:
        """See `DeviceRequests.poll` (RFC 8628 3.4)."""
        context = RequestContext(client.name, client.tenant, "code", (pending.verifier,))
        fields = {**client.token_params, "grant_type": GRANT_TYPE, "device_code": pending.verifier.reveal()}
        asked_at = self._clock()
        response = await self._driver.post(client, context, pending.token_url, fields, encoding=client.encoding)

        def read() -> PollOutcome:
            body = judge_poll(context, response, now=self._clock())
            return body if isinstance(body, ApprovalPending) else read_token_response(client, body, now=asked_at)

        return undisturbed(read)
