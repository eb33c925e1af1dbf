"""The device authorization grant as RFC 8628 has it, and as GitHub answers it."""

from __future__ import annotations

from collections.abc import Callable

from openab_auth.oauth.client import Driver, OAuthClient, RequestContext, judge_reply, read_token_response
from openab_auth.oauth.flows.device.code import DeviceCode, first_of, read_code
from openab_auth.oauth.flows.device.flow import GRANT_TYPE, NotYet, PollResult, judge_poll
from openab_auth.storage.entries import PendingEntry


class StandardDevice:
    """Asks the vendor's device and token endpoints; `clock` gives unix seconds."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock

    async def start(self, client: OAuthClient) -> DeviceCode:
        """As `DeviceFlow.start` (RFC 8628 3.1)."""
        question = RequestContext(client.name, client.tenant, "other")
        fields = dict(client.device_params)
        if client.scopes:
            fields["scope"] = " ".join(client.scopes)
        answer = await self._driver.post(client, question, client.device_url, fields)
        reply = judge_reply(question, answer, now=self._clock())
        return read_code(
            client,
            device_code=reply.get("device_code"),
            user_code=reply.get("user_code"),
            uri=first_of(reply, "verification_uri", "verification_url"),  # Google's name, older than the standard
            complete_uri=first_of(reply, "verification_uri_complete", "verification_url_complete"),
            interval=reply.get("interval"),
            expires_in=reply.get("expires_in"),
            now=self._clock(),
        )

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollResult:
        """As `DeviceFlow.poll` (RFC 8628 3.4)."""
        question = RequestContext(client.name, client.tenant, "code", (pending.verifier,))
        fields = {**client.token_params, "grant_type": GRANT_TYPE, "device_code": pending.verifier.reveal()}
        asked_at = self._clock()
        answer = await self._driver.post(client, question, pending.token_url, fields, encoding=client.encoding)
        reply = judge_poll(question, answer, now=self._clock())
        return reply if isinstance(reply, NotYet) else read_token_response(client, reply, now=asked_at)
