"""Logins with an API key: a person makes a key at the vendor and pastes it. It is stored as a login that never ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openab_auth.oauth.errors import KeyUncheckedError, VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.flows.flow import Flow
from openab_auth.storage.entries import NEVER, PENDING_LIFETIME, PendingEntry

if TYPE_CHECKING:
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.paste.key import PastedKey
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage.secret import Secret

_REFUSING = (401, 403)  # statuses


class KeyFlow(Flow):
    """A login that ends with a pasted API key; `authorize_url` is the page where people make one."""

    name = "key"
    takes_paste = True
    takes_key = True

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Refuse a second step, which would need a token response."""
        if vendor.exchange:
            table.wrong("exchange", "cannot follow an API key")

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        """Write a pending login, and return the address of the page."""
        from openab_auth.oauth.client import new_state, new_verifier  # noqa: PLC0415 - only a login pays for it
        from openab_auth.oauth.entries.generation import generation_of_pending  # noqa: PLC0415 - as above
        from openab_auth.oauth.flows.login_offer import LoginOffer  # noqa: PLC0415 - as above
        from openab_auth.storage.records.notes import Begun  # noqa: PLC0415 - as above

        if vendor.check_url:
            context.driver.http(vendor.network_policy)  # it raises if no key could be checked later
        entry = PendingEntry(
            verifier=new_verifier(),  # nobody gets them; they tell this pending login from others
            state=new_state(),
            token_url=_endpoint(vendor),
            provider_name=vendor.name,
            created_at=int(context.clock()),
        )
        await context.pending.begin(vendor, request.user, entry, Begun(request.replaces, beside=request.beside))
        generation = generation_of_pending(entry)
        return LoginOffer(vendor, vendor.authorize_url, entry.created_at + PENDING_LIFETIME, generation=generation)

    async def complete(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, text: str
    ) -> LoginResult:
        """Ask the vendor whether it knows the pasted key, and store the key."""
        from openab_auth.oauth.paste.key import read_key  # noqa: PLC0415 - as above

        pasted = read_key(text)
        await _check_owner(context, vendor, pasted)
        login = await context.pending.with_note(login)
        await context.pending.check_not_taken(vendor, login.user, agreed=login.begun.replaces)
        await context.store.check_writable()  # before the vendor is asked
        return await context.background.finish(_check_and_store(context, vendor, login, entry, pasted.key))


async def _check_owner(context: LoginContext, vendor: Vendor, pasted: PastedKey) -> None:
    """Refuse a key whose variable belongs to another vendor or to the bot: this vendor must not learn it."""
    from openab_auth.oauth.paste.mistakes import PasteMistake, paste_refusal  # noqa: PLC0415 - only a paste pays for it

    if pasted.variable not in {None, *vendor.env} and pasted.variable in (await context.catalogue()).token_variables():
        raise paste_refusal(PasteMistake.OTHER_VENDORS_KEY)


async def _check_and_store(
    context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, key: Secret
) -> LoginResult:
    """Store a key that the vendor accepts; until then, the pending login stays."""
    from openab_auth.oauth.client import TokenResponse  # noqa: PLC0415 - as above

    if vendor.check_url:
        await _check(context, vendor, key)
    await context.pending.take(login, entry)
    return await context.writer.store(vendor, entry.token_url, TokenResponse(key, None, NEVER), login)


async def _check(context: LoginContext, vendor: Vendor, key: Secret) -> None:
    """Ask the vendor whether it accepts the key. Only a success is a yes, and only 401 and 403 are a no.

    Raises:
        PasteRefusedError: the vendor refuses the key.
        KeyUncheckedError: the vendor gave another answer, or none.
    """
    from openab_auth.oauth.client import RequestContext  # noqa: PLC0415 - as above
    from openab_auth.oauth.paste.mistakes import PasteMistake, paste_refusal  # noqa: PLC0415 - as above

    request = RequestContext(vendor.name, vendor.tenant, "code", (key,))
    headers = {"Authorization": f"Bearer {key.reveal()}"}
    try:
        reply = await context.driver.send(vendor.client(), request, vendor.check_url, headers=headers)
    except (VendorUnavailableError, VendorMisconfiguredError) as error:
        raise KeyUncheckedError(vendor.name, error.reason) from None
    if reply.status_code in _REFUSING:
        raise paste_refusal(PasteMistake.KEY_REFUSED)
    if not reply.is_success:
        raise KeyUncheckedError(vendor.name, f"HTTP {reply.status_code}")


def _endpoint(vendor: Vendor) -> str:
    """Return the token endpoint for the stored login; no request goes there, since a key is never refreshed."""
    return vendor.token_url or vendor.check_url or vendor.authorize_url or f"https://{vendor.default_name}.invalid/"
