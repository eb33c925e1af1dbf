"""Logins by a link and the redirect that is pasted back: the authorization code grant (RFC 6749 4.1, RFC 7636).

Step one writes a pending login and gives the link. Step two finds the pending login that the paste belongs to, takes it
out of the store in one locked step, posts the code, and stores the credential under the tenant's lock. From the taking
on the work no longer belongs to the caller: one that is cancelled, or a Discord that cuts the line, does not stop it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from openab_auth.oauth.client import Driver, OAuthClient, RequestContext, new_state, new_verifier
from openab_auth.oauth.entries import pending
from openab_auth.oauth.entries.generation import generation_of_pending
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.entries.pending_logins import PendingLogins
from openab_auth.oauth.errors import ClientRefusedError, NoPendingLoginError, PasteRefusedError, VendorUnavailableError
from openab_auth.oauth.flows.credentials import Credentials, LoggedIn
from openab_auth.oauth.flows.jobs import Jobs
from openab_auth.oauth.flows.offer import LoginOffer
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.mcp.login import ServerLogins
from openab_auth.oauth.mcp.registration import forget_client
from openab_auth.oauth.paste import DeniedRedirectError, ExpectedRedirect, Paste, PasteMistake, code_for, read_paste
from openab_auth.oauth.vendors import Catalogue, McpServer, Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.entries import PENDING_LIFETIME, PendingEntry, UserId
from openab_auth.storage.errors import StorageError
from openab_auth.storage.records.notes import Begun
from openab_auth.storage.secret import Secret


@dataclass(frozen=True, slots=True)
class _Target:
    """Hold where a login goes: the row for people, the client for the driver, and the binding of an MCP server."""

    vendor: Vendor
    client: OAuthClient
    binding: Binding | None = None


class RedirectLogins:
    """The two steps, at vendors and at MCP servers; `catalogue` gives those that there are now."""

    def __init__(  # noqa: PLR0913, PLR0917  # what it stands on, passed in
        self,
        catalogue: Callable[[], Awaitable[Catalogue]],
        store: AsyncStore,
        driver: Driver,
        servers: ServerLogins,
        pending_logins: PendingLogins,
        credentials: Credentials,
        jobs: Jobs,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._driver = driver
        self._servers = servers
        self._pending = pending_logins
        self._credentials = credentials
        self._jobs = jobs
        self._clock = clock

    async def begin(self, vendor: Vendor, user: UserId, begun: Begun, *, server: McpServer | None) -> LoginOffer:
        """Step one: the link; `server` is what `vendor` is at heart. What it raises is told at `Logins.begin`."""
        binding = None
        if server:
            # before the server is asked, and perhaps registers a client
            await self._pending.check_not_taken(vendor, user, agreed=begun.replaces)
            binding = await self._servers.bind(server, user)
            vendor, client = binding.vendor(server), binding.client(server)
        else:
            client = await self._driver.resolve(vendor.client())
        entry = PendingEntry(
            verifier=new_verifier(),
            state=new_state(),
            token_url=client.token_url,
            provider_name=vendor.name,
            resource=binding.resource if binding else None,
            created_at=int(self._clock()),
        )
        also = partial(self._servers.remember, vendor=vendor.name, user=user, binding=binding) if binding else None
        await self._pending.begin(vendor, user, entry, begun, also=also)
        url, expires_at = self._driver.authorize_url(client, entry), entry.created_at + PENDING_LIFETIME
        return LoginOffer(vendor, url, expires_at, generation=generation_of_pending(entry))

    async def waiting(
        self, user: UserId, name: str | None, generation: str | None = None
    ) -> list[tuple[PendingLogin, PendingEntry]]:
        """Those of a person that a paste can end: none of other programs, and none that is no longer offered.

        With a `generation`, only that one.
        """
        offered = {vendor.name for vendor in (await self._catalogue()).offered() if vendor.flow == "pkce"}
        found = [pair for pair in await self._pending.of(user, {name} if name else ()) if pair[0].vendor in offered]
        return [pair for pair in found if generation in {None, pair[0].generation}]

    async def complete(self, text: str, user: UserId, name: str | None, generation: str | None) -> LoggedIn:
        """Step two: the credential. What it raises is told at `Logins.complete`."""
        mine = await self.waiting(user, name, generation)
        paste = _read(text, expected=bool(mine), vendor=name)
        login, entry = pending.belonging(mine, paste, name)
        target = await self._begun(login)
        code = await self._code(paste, target.client, login, entry)
        login = await self._pending.noted(login)
        await self._pending.check_not_taken(target.vendor, user, agreed=login.begun.replaces)
        await self._store.check_writable()  # before the code is used up
        return await self._jobs.finish(self._finish(target, login, entry, code))

    async def _begun(self, login: PendingLogin) -> _Target:
        """Return where a pending login goes; an MCP server as it was when the link was made."""
        catalogue = await self._catalogue()
        server = catalogue.server(login.vendor)
        if server is None:
            vendor = catalogue.get(login.vendor)
            return _Target(vendor, await self._driver.resolve(vendor.client()))
        binding = await self._servers.binding_of_pending(server, login.user)
        return _Target(binding.vendor(server), binding.client(server), binding)

    async def _code(self, paste: Paste, client: OAuthClient, login: PendingLogin, entry: PendingEntry) -> Secret:
        """The code of a paste that ends this login; one that reports a denial ends it too, without any."""
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
                await self._pending.take(login, entry)
            raise

    async def _finish(self, target: _Target, login: PendingLogin, entry: PendingEntry, code: Secret) -> LoggedIn:
        vendor, binding = target.vendor, target.binding
        await self._pending.take(login, entry)
        try:
            grant = await self._driver.exchange(target.client, code, entry)
        except VendorUnavailableError as error:
            if not error.sent:
                await self._put_back(vendor, login, entry, error)
            raise
        except ClientRefusedError:
            if binding and (server := (await self._catalogue()).server(login.vendor)):
                await self._store.update(lambda draft: forget_client(draft, server, binding.issuer))
            raise
        still = partial(self._servers.check_same, vendor=vendor.name, binding=binding) if binding else None
        return await self._credentials.keep(vendor, entry.token_url, grant, login, binding, also=still)

    async def _put_back(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, unsent: VendorUnavailableError
    ) -> None:
        """Let the login wait again, for a code that never left; what cannot be written must be begun again."""
        try:
            await self._pending.put_back(login, entry)
        except StorageError as unsaved:
            raise RequestContext(vendor.name, vendor.tenant, "code").unavailable(unsent.reason) from unsaved


def _read(text: str, *, expected: bool, vendor: str | None) -> Paste:
    """The paste in a text; where none is expected, only a token is worth a word about what it is."""
    try:
        return read_paste(text)
    except PasteRefusedError as refusal:
        if expected or refusal.reason == PasteMistake.TOKEN_OR_KEY:  # whoever shows a token must learn that he did
            raise
        raise NoPendingLoginError(vendor) from None
