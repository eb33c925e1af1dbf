"""The device authorization grant as RFC 8628 has it, and as GitHub answers it."""

from __future__ import annotations

from collections.abc import Callable

from openab_auth.oauth.client.driver import Driver
from openab_auth.oauth.client.token_response import read_grant
from openab_auth.oauth.client.verdict import RequestContext, judge_reply
from openab_auth.oauth.flows.device.code import DeviceCode, first_of, read_code
from openab_auth.oauth.flows.device.requests import GRANT_TYPE, ApprovalPending, PollOutcome, judge_poll
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage.entries import PendingEntry


class StandardDevice:
    """Asks the vendor's device and token endpoints; `clock` gives unix seconds."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock

    async def start(self, vendor: Vendor) -> DeviceCode:
        """As `DeviceFlow.start` (RFC 8628 3.1)."""
        question = RequestContext(vendor.name, vendor.tenant, "other")
        fields = dict(vendor.device_params)
        if vendor.scopes:
            fields["scope"] = " ".join(vendor.scopes)
        answer = await self._driver.post(vendor, question, vendor.device_url, fields)
        reply = judge_reply(question, answer, now=self._clock())
        return read_code(
            vendor,
            device_code=reply.get("device_code"),
            user_code=reply.get("user_code"),
            uri=first_of(reply, "verification_uri", "verification_url"),  # Google's name, older than the standard
            complete_uri=first_of(reply, "verification_uri_complete", "verification_url_complete"),
            interval=reply.get("interval"),
            expires_in=reply.get("expires_in"),
            now=self._clock(),
        )

    async def poll(self, vendor: Vendor, pending: PendingEntry) -> PollOutcome:
        """As `DeviceFlow.poll` (RFC 8628 3.4)."""
        question = RequestContext(vendor.name, vendor.tenant, "code", (pending.verifier,))
        fields = {**vendor.token_params, "grant_type": GRANT_TYPE, "device_code": pending.verifier.reveal()}
        asked_at = self._clock()
        answer = await self._driver.post(vendor, question, pending.token_url, fields, encoding=vendor.token_body)
        reply = judge_poll(question, answer, now=self._clock())
        return reply if isinstance(reply, ApprovalPending) else read_grant(vendor, reply, now=asked_at)
