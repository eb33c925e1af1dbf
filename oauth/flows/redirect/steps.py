"""The two steps of a login by link and redirect.

Step one writes a pending login and returns the link. Step two removes the pending login in one locked step, posts the
code, and stores the login under the tenant's lock. Once the pending login is removed, the work no longer belongs to
its caller: a cancelled caller, or a lost connection to Discord, does not stop it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from openab_auth.oauth.client.pkce import new_state, new_verifier
from openab_auth.oauth.client.verdict import RequestContext
from openab_auth.oauth.entries.generation import generation_of_pending
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import ClientRefusedError, VendorUnavailableError
from openab_auth.oauth.flows.flow import LoginContext, LoginRequest
from openab_auth.oauth.flows.login_offer import LoginOffer
from openab_auth.oauth.flows.login_result import LoginResult
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.paste.paste import DeniedRedirectError, Expected, Paste, match
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import PENDING_LIFETIME, PendingEntry
from openab_auth.storage.errors import StorageError
from openab_auth.storage.records.notes import Begun
from openab_auth.storage.secret import Secret


async def offer_link(
    context: LoginContext,
    vendor: Vendor,
    request: LoginRequest,
    *,
    resource: str | None = None,
    also: Callable[[Draft], None] | None = None,
) -> LoginOffer:
    """Write a pending login, with what `also` writes, and return its link. `vendor` has its endpoints."""
    entry = PendingEntry(
        verifier=new_verifier(),
        state=new_state(),
        token_url=vendor.token_url,
        provider_name=vendor.name,
        resource=resource,
        created_at=int(context.clock()),
    )
    await context.pending.begin(vendor, request.user, entry, Begun(request.replaces), also=also)
    url = context.driver.authorize_url(vendor, entry)
    return LoginOffer(vendor, url, entry.created_at + PENDING_LIFETIME, generation=generation_of_pending(entry))


async def exchange_paste(  # noqa: PLR0913 - a login, its paste, and what an MCP server adds
    context: LoginContext,
    vendor: Vendor,
    login: PendingLogin,
    entry: PendingEntry,
    paste: Paste,
    *,
    binding: Binding | None = None,
    when_refused: Callable[[ClientRefusedError], Awaitable[None]] | None = None,
) -> LoginResult:
    """Exchange the code of a paste, and store the login. `vendor` has its endpoints.

    `binding` is that of an MCP server. `when_refused` runs when the authorization server refuses the client.
    """
    code = await _code(context, paste, vendor, login, entry)
    login = await context.pending.noted(login)
    await context.pending.check_not_taken(vendor, login.user, agreed=login.begun.replaces)
    await context.store.check_writable()  # before the code is used up
    return await context.background.finish(
        _take_and_exchange(context, vendor, login, entry, code, binding, when_refused)
    )


async def _code(
    context: LoginContext, paste: Paste, vendor: Vendor, login: PendingLogin, entry: PendingEntry
) -> Secret:
    """Return the code of a paste that ends this login; a paste that reports a denial ends the login, too."""
    expected = Expected(
        redirect_uri=vendor.redirect_uri,
        state=entry.state,
        authorize_url=vendor.authorize_url,
        issuer=vendor.issuer,
        iss_announced=vendor.iss_announced,
    )
    try:
        return match(paste, expected)
    except DeniedRedirectError as denied:
        if denied.ends_login:
            denied.vendor = login.vendor
            await context.pending.take(login, entry)
        raise


async def _take_and_exchange(  # noqa: PLR0913, PLR0917 - as `exchange_paste`
    context: LoginContext,
    vendor: Vendor,
    login: PendingLogin,
    entry: PendingEntry,
    code: Secret,
    binding: Binding | None,
    when_refused: Callable[[ClientRefusedError], Awaitable[None]] | None,
) -> LoginResult:
    await context.pending.take(login, entry)
    try:
        tokens = await context.driver.exchange(vendor, code, entry)
    except VendorUnavailableError as error:
        if not error.sent:
            await _put_back(context, vendor, login, entry, error)
        raise
    except ClientRefusedError as error:
        if when_refused:
            await when_refused(error)
        raise
    still = partial(context.servers.check_same, vendor=vendor.name, binding=binding) if binding else None
    return await context.writer.store(vendor, entry.token_url, tokens, login, binding, also=still)


async def _put_back(
    context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, unsent: VendorUnavailableError
) -> None:
    """Let the login wait again after a code that was never sent; if that cannot be written, it must begin anew."""
    try:
        await context.pending.put_back(login, entry)
    except StorageError as unsaved:
        raise RequestContext(vendor.name, vendor.tenant, "code").unavailable(unsent.reason) from unsaved
