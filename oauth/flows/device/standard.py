"""The device authorization grant as RFC 8628 describes it, and as GitHub answers."""

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
    """Sends the requests of RFC 8628; `clock` gives unix seconds."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock

    async def start(self, vendor: Vendor) -> DeviceCode:
        """See `DeviceRequests.start` (RFC 8628 3.1)."""
        context = RequestContext(vendor.name, vendor.tenant, "other")
        fields = dict(vendor.device_params)
        if vendor.scopes:
            fields["scope"] = " ".join(vendor.scopes)
        response = await self._driver.post(vendor, context, vendor.device_url, fields)
        body = judge_reply(context, response, now=self._clock())
        return read_code(
            vendor,
            device_code=body.get("device_code"),
            user_code=body.get("user_code"),
            uri=first_of(body, "verification_uri", "verification_url"),  # Google's name, older than the standard
            complete_uri=first_of(body, "verification_uri_complete", "verification_url_complete"),
            interval=body.get("interval"),
            expires_in=body.get("expires_in"),
            now=self._clock(),
        )

    async def poll(self, vendor: Vendor, pending: PendingEntry) -> PollOutcome:
        """See `DeviceRequests.poll` (RFC 8628 3.4)."""
        context = RequestContext(vendor.name, vendor.tenant, "code", (pending.verifier,))
        fields = {**vendor.token_params, "grant_type": GRANT_TYPE, "device_code": pending.verifier.reveal()}
        asked_at = self._clock()
        response = await self._driver.post(vendor, context, pending.token_url, fields, encoding=vendor.token_body)
        body = judge_poll(context, response, now=self._clock())
        return body if isinstance(body, ApprovalPending) else read_grant(vendor, body, now=asked_at)
