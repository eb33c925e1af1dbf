"""The two steps of a login by link and redirect.

Step one writes a pending login and returns the link. Step two removes the pending login in one locked step, posts the
code, and stores the login under the tenant's lease. Once the pending login is removed, neither a cancelled caller nor a
lost connection to Discord stops the work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from openab_auth.oauth.client import OAuthClient, RequestContext, new_state, new_verifier
from openab_auth.oauth.entries.generation import generation_of_pending
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import ClientRefusedError, VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.flows import vendor_entry
from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
from openab_auth.oauth.flows.login_offer import LoginOffer
from openab_auth.oauth.flows.login_result import LoginResult
from openab_auth.oauth.flows.storing import WriteLogin
from openab_auth.oauth.paste import DeniedRedirectError, ExpectedRedirect, Paste, code_for
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import PENDING_LIFETIME, PendingEntry
from openab_auth.storage.records.notes import Begun
from openab_auth.storage.secret import Secret

UnsentError: TypeAlias = VendorUnavailableError | VendorMisconfiguredError


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """The target of a login: the row, and the client with its endpoints.

    `resource` is the address that the token is for (RFC 8707), if the vendor must know it. `remember` writes what a
    pending login needs besides its entry, in the same step. `write` writes the finished login into the store. `check`,
    in the same step, raises where the target is no longer the same.
    """

    vendor: Vendor
    client: OAuthClient
    resource: str | None = None
    remember: Callable[[Draft], None] | None = None
    write: WriteLogin = vendor_entry.write
    check: Callable[[Draft], None] | None = None


async def offer_link(context: LoginContext, target: RedirectTarget, request: BeginRequest) -> LoginOffer:
    """Write a pending login, and return its link."""
    vendor, client = target.vendor, target.client
    context.driver.http(client.network_policy)  # it raises if the code could not be exchanged later
    entry = PendingEntry(
        verifier=new_verifier(),
        state=new_state(),
        token_url=client.token_url,
        provider_name=vendor.name,
        resource=target.resource,
        created_at=int(context.clock()),
    )
    await context.pending.begin(
        vendor, request.user, entry, Begun(request.replaces, beside=request.beside), also=target.remember
    )
    url = context.driver.authorize_url(client, entry)
    return LoginOffer(vendor, url, entry.created_at + PENDING_LIFETIME, generation=generation_of_pending(entry))


async def exchange_paste(  # noqa: PLR0913 - a login and its paste
    context: LoginContext,
    target: RedirectTarget,
    login: PendingLogin,
    entry: PendingEntry,
    paste: Paste,
    *,
    when_refused: Callable[[ClientRefusedError], Awaitable[None]] | None = None,
) -> LoginResult:
    """Check a paste, take its pending login, exchange the code, and store the login.

    `when_refused` runs when the authorization server refuses the client.
    """
    code = await _code(context, paste, target.client, login, entry)
    login = await context.pending.with_note(login)
    await context.pending.check_not_taken(target.vendor, login.user, agreed=login.begun.replaces)
    await context.store.check_writable()  # before the code is used up
    context.driver.http(target.client.network_policy)  # it raises if no request can be sent
    return await context.background.finish(_take_and_exchange(context, target, login, entry, code, when_refused))


async def _code(
    context: LoginContext, paste: Paste, client: OAuthClient, login: PendingLogin, entry: PendingEntry
) -> Secret:
    """Return the code of a paste that finishes this login; a paste with this login's denial ends the login."""
    expected = ExpectedRedirect(
        redirect_uri=client.redirect_uri,
        state=entry.state,
        authorize_url=client.authorize_url,
        issuer=client.issuer,
        iss_announced=client.iss_announced,
    )
    try:
        return code_for(paste, expected)
    except DeniedRedirectError as denied:
        if denied.ends_login:
            denied.vendor = login.vendor
            await context.pending.take(login, entry)
        raise


async def _take_and_exchange(  # noqa: PLR0913, PLR0917 - as `exchange_paste`
    context: LoginContext,
    target: RedirectTarget,
    login: PendingLogin,
    entry: PendingEntry,
    code: Secret,
    when_refused: Callable[[ClientRefusedError], Awaitable[None]] | None,
) -> LoginResult:
    vendor = target.vendor
    await context.pending.take(login, entry)
    try:
        tokens = await context.driver.exchange(target.client, code, entry)
    except VendorUnavailableError as error:
        if not error.processed:
            await _put_back(context, target, login, entry, error)
        raise
    except VendorMisconfiguredError as error:
        if error.still_waits:
            await _put_back(context, target, login, entry, error)
        if when_refused and isinstance(error, ClientRefusedError):
            with suppress(Exception):  # the refusal counts all the same
                await when_refused(error)
        raise
    return await context.writer.store(vendor, entry.token_url, tokens, login, write=target.write, also=target.check)


async def _put_back(
    context: LoginContext, target: RedirectTarget, login: PendingLogin, entry: PendingEntry, unsent: UnsentError
) -> None:
    """Restore the pending login, because its code is certainly unused.

    Raises:
        VendorUnavailableError: the store could not be written, or the target has changed. The person must begin again.
    """
    vendor = target.vendor
    try:
        await context.pending.put_back(login, entry, also=target.remember)
    except Exception as unsaved:
        raise RequestContext(vendor.name, vendor.tenant, "code").unavailable(unsent.reason) from unsaved
