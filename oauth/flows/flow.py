"""A flow describes how one kind of login goes: what a row needs, how a login begins, and how it ends."""

# ruff: noqa: ARG002 - a flow overrides what it has; the defaults use few of their arguments

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from openab_auth.oauth.errors import NoPendingLoginError

if TYPE_CHECKING:
    from openab_auth.oauth.client import OAuthClient
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.flows.renewer import Renewal, Renewer
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage.entries import PendingEntry, Tenant


class Flow(Protocol):
    """Describes one kind of login. The object is shared by all logins of its kind, so it holds no state.

    A new flow inherits from this class, and gets a row in `FLOWS`.
    """

    name: str
    in_vendor_table: bool = True
    needs_login: bool = True
    takes_paste: bool = False  # a paste may end the login
    takes_key: bool = False  # the paste is an API key, which does not say to which login it belongs
    waits: bool = False  # the login may end without a paste
    in_store: bool = True  # the pending login is stored, so that a restart does not end it
    runs_program: bool = False  # the vendor's own program makes the login and keeps it
    begins_at: Literal["authorize_url", "device_url"] = "authorize_url"

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Report to `table` what the row of `vendor` lacks."""

    def can_begin(self, vendor: Vendor, environ: Mapping[str, str]) -> bool:
        """Return whether a login of this vendor can begin on this machine."""
        return self.needs_login

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        """Begin a login, and return the link. `Logins.begin` lists what it raises."""
        ...

    def owns_paste(self, text: str, entry: PendingEntry) -> bool:
        """Return whether the pasted text says that it belongs to the pending login `entry`."""
        return False

    async def complete(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, text: str
    ) -> LoginResult:
        """End a pending login with the text that was pasted for it. `Logins.complete` lists what it raises."""
        raise NoPendingLoginError(login.vendor)

    async def wait(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry
    ) -> LoginResult:
        """Wait until a pending login ends without a paste. `Logins.outcome` lists what it raises."""
        raise NoPendingLoginError(login.vendor)

    async def client(self, context: LoginContext, vendor: Vendor, tenant: Tenant) -> OAuthClient:
        """Return the client that revokes the login under `tenant`."""
        return vendor.client()

    def renewer(self, renewal: Renewal) -> Renewer:
        """Return the object that asks for the next tokens of a login."""
        from openab_auth.oauth.flows.exchange.registry import exchange_of  # noqa: PLC0415 - only a refresh pays for it

        return exchange_of(renewal.vendor).renewer(renewal)


def check_endpoints(table: ConfigTable, **urls: str) -> None:
    """Report the endpoints that the row lacks; an issuer's metadata may give all of them."""
    if table.text("issuer"):
        return
    for key, url in urls.items():
        if not url:
            table.wrong(key, f"is missing: give {' and '.join(urls)}, or issuer")


def check_client_id(table: ConfigTable, vendor: Vendor) -> None:
    """Report a missing client id."""
    if not vendor.client_id:
        variable = f", and ${vendor.client_id_env} is not set" if vendor.client_id_env else ""
        table.wrong("client_id", f"is missing{variable}")
