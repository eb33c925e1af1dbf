"""Logins by a code that the person types at the vendor's page: RFC 8628, and the variants of Codex and AWS."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from openab_auth.oauth.flows.flow import Flow, check_client_id, check_endpoints

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.flows.device.requests import DeviceRequests
    from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.flows.renewer import Renewal, Renewer
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage import AsyncStore
    from openab_auth.storage.entries import PendingEntry


class DeviceFlow(Flow):
    """A login that the person approves at the vendor's page while this process polls."""

    waits = True

    @abstractmethod
    def requests(self, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:
        """Return the two requests of this flow; `clock` gives unix seconds."""

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Require the endpoints."""
        check_endpoints(table, device_url=vendor.device_url, token_url=vendor.token_url)

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        """Ask for a code, write a pending login, and poll from now on."""
        from openab_auth.oauth.flows.device.approval import offer_code  # noqa: PLC0415 - only a login pays for it

        requests = self.requests(context.driver, context.store, context.clock)
        offer, login, entry = await offer_code(
            context, requests, vendor, await context.driver.resolve(vendor.client()), request
        )
        context.waiting.start(vendor, login, self.wait(context, vendor, login, entry))
        return offer

    async def wait(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry
    ) -> LoginResult:
        """Poll until the person has approved the code, then store the login."""
        from openab_auth.oauth.flows.device.approval import Approval  # noqa: PLC0415 - as above

        requests = self.requests(context.driver, context.store, context.clock)
        return await Approval(context, requests, vendor, login, entry).wait()


class StandardDeviceFlow(DeviceFlow):
    """The device authorization grant as RFC 8628 describes it."""

    name = "device"
    begins_at = "device_url"

    def requests(self, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:  # noqa: ARG002
        """Return the standard's requests."""
        from openab_auth.oauth.flows.device.standard import StandardDevice  # noqa: PLC0415 - only a login pays for it

        return StandardDevice(driver, clock)

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Require the endpoints and the client."""
        super().check(table, vendor)
        check_client_id(table, vendor)


class CodexDeviceFlow(DeviceFlow):
    """The device flow of Codex."""

    name = "codex-device"

    def requests(self, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:  # noqa: ARG002
        """Return the requests of Codex."""
        from openab_auth.oauth.flows.device.codex import CodexDevice  # noqa: PLC0415 - only a login pays for it

        return CodexDevice(driver, clock)

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Require the endpoints and the client."""
        super().check(table, vendor)
        check_client_id(table, vendor)


class AwsDeviceFlow(DeviceFlow):
    """The device flow of AWS SSO-OIDC, which registers a client first."""

    name = "aws-device"

    def requests(self, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceRequests:
        """Return the requests of AWS SSO-OIDC."""
        from openab_auth.oauth.flows.device.aws import AwsDevice  # noqa: PLC0415 - only a login pays for it

        return AwsDevice(driver, store, clock)

    def renewer(self, renewal: Renewal) -> Renewer:
        """Return the renewer that uses the registered client."""
        from openab_auth.oauth.flows.device.aws_renewer import AwsRenewer  # noqa: PLC0415 - only a refresh pays for it

        return AwsRenewer(renewal.vendor, renewal.token_endpoint, renewal.store, renewal.clock)
