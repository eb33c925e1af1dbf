"""Logins by a link and the redirect that the person pastes: at a vendor, and at an MCP server."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from openab_auth.oauth.errors import ClientRefusedError, NoPendingLoginError, PasteRefusedError
from openab_auth.oauth.flows.flow import Flow, check_client_id, check_endpoints

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


class RedirectFlow(Flow):
    """The authorization code grant with PKCE (RFC 6749 4.1, RFC 7636) at a vendor."""

    name = "pkce"
    takes_paste = True

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Require the endpoints, the redirect and the client."""
        check_endpoints(table, authorize_url=vendor.authorize_url, token_url=vendor.token_url)
        if not vendor.redirect_uri:
            table.wrong("redirect_uri", "is missing")
        check_client_id(table, vendor)

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        """Write a pending login, and return its link."""
        from openab_auth.oauth.flows.redirect.steps import RedirectTarget, offer_link  # noqa: PLC0415 - only a login pays

        target = RedirectTarget(vendor, await context.driver.resolve(vendor.client()))
        return await offer_link(context, target, request)

    def owns_paste(self, text: str, entry: PendingEntry) -> bool:
        """Return whether the text is a redirect with the login's state."""
        from openab_auth.oauth.paste import read_paste  # noqa: PLC0415 - as above

        try:
            return read_paste(text).has_state(entry.state)
        except PasteRefusedError:
            return False

    async def complete(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, text: str
    ) -> LoginResult:
        """Exchange the code of the pasted redirect."""
        from openab_auth.oauth.flows.redirect.steps import RedirectTarget, exchange_paste  # noqa: PLC0415 - as above
        from openab_auth.oauth.paste import read_paste  # noqa: PLC0415 - as above

        paste = read_paste(text)
        target = RedirectTarget(vendor, await context.driver.resolve(vendor.client()))
        return await exchange_paste(context, target, login, entry, paste)


class ServerFlow(RedirectFlow):
    """The same grant at an MCP server; each login first discovers the endpoints and chooses a client."""

    in_vendor_table = False

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        """Discover the login's binding, write it with a pending login, and return the link."""
        from openab_auth.oauth.flows.redirect.steps import RedirectTarget, offer_link  # noqa: PLC0415 - only a login pays

        server = (await context.catalogue()).server_named(vendor.name)
        if server is None:
            raise NoPendingLoginError(vendor.name)
        # before the server is asked, and perhaps registers a client
        await context.pending.check_not_taken(vendor, request.user, agreed=request.replaces)
        binding = await context.servers.bind(server, request.user)
        remember = partial(context.servers.remember, vendor=vendor.name, user=request.user, binding=binding)
        target = RedirectTarget(binding.vendor(server), binding.client(server), binding.resource, remember)
        return await offer_link(context, target, request)

    async def complete(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, text: str
    ) -> LoginResult:
        """Exchange the code of the pasted redirect at the endpoint that was recorded with the link."""
        from openab_auth.oauth.flows.redirect.steps import RedirectTarget, exchange_paste  # noqa: PLC0415 - as above
        from openab_auth.oauth.mcp import server_entry  # noqa: PLC0415 - as above
        from openab_auth.oauth.mcp.registration import forget_client  # noqa: PLC0415 - as above
        from openab_auth.oauth.paste import read_paste  # noqa: PLC0415 - as above

        paste = read_paste(text)
        server = (await context.catalogue()).server_named(vendor.name)
        if server is None:
            raise NoPendingLoginError(vendor.name)
        binding = await context.servers.binding_of_pending(server, login.user)

        async def forget_refused(_error: ClientRefusedError) -> None:
            if there := (await context.catalogue()).server_named(vendor.name):
                await context.store.update(lambda draft: forget_client(draft, there, binding.issuer))

        target = RedirectTarget(
            binding.vendor(server),
            binding.client(server),
            binding.resource,
            partial(context.servers.remember, vendor=vendor.name, user=login.user, binding=binding),
            partial(server_entry.write, binding),
            partial(context.servers.check_same, vendor=vendor.name, binding=binding),
        )
        return await exchange_paste(context, target, login, entry, paste, when_refused=forget_refused)

    async def client(self, context: LoginContext, vendor: Vendor, tenant: Tenant) -> OAuthClient:
        """Return the client as it was registered when the login was made."""
        server = (await context.catalogue()).server_named(vendor.name)
        return await context.servers.client(server, tenant) if server else vendor.client()

    def renewer(self, renewal: Renewal) -> Renewer:
        """Return the renewer of the server's login."""
        from openab_auth.oauth.mcp.server_renewer import ServerRenewer  # noqa: PLC0415 - only a refresh pays for it

        server = renewal.catalogue.server_of(renewal.tenant)
        assert server is not None  # noqa: S101 - its row comes from the catalogue
        return ServerRenewer(server, renewal.tenant, renewal.store, renewal.deadline)
