"""Remove a login from the store, and revoke it at the vendor first where that is wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from openab_auth.oauth.client import Driver, OAuthClient
from openab_auth.oauth.client.same_server import ANOTHER_SERVER, is_same_server
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.errors import NotLoggedInError, OAuthError
from openab_auth.oauth.flows import Commits
from openab_auth.storage import AsyncStore
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import LoginEntry, Tenant, TokenEntry


@dataclass(frozen=True, slots=True)
class LogoutResult:
    """The result of a logout; `note` says why the login was not revoked at the vendor, if that was wanted.

    `removed` is False if the login was gone already, or if another login had come in; `newer_kept` tells that the store
    holds that other login. `left` names each file that may still hold tokens of the login. `shared_with` are the logins
    that the revocation may have ended as well, because they may be of the same vendor account.
    """

    tenant: Tenant
    revoked: bool
    removed: bool
    note: str | None = None
    newer_kept: bool = False
    left: tuple[str, ...] = ()
    shared_with: tuple[Tenant, ...] = ()


class LoginRemover:
    """Removes logins; a refresh in flight ends first."""

    def __init__(self, store: AsyncStore, driver: Driver, commits: Commits) -> None:
        self._store = store
        self._driver = driver
        self._commits = commits

    async def remove(
        self, tenant: Tenant, generation: str, client: OAuthClient | None, *, revoke: bool
    ) -> LogoutResult:
        """Remove the login of this generation; with `revoke`, revoke it at its vendor first, if the vendor answers.

        Raises:
            NotLoggedInError: there is no login.
            LoginChangedError: another login has come in; nothing was revoked.
            StorageError: the login could not be removed.
        """
        async with self._commits.lease(tenant) as alone:
            try:
                entry = await self._store.update(
                    partial(login_entry.login_of_generation, tenant=tenant, generation=generation)
                )
            except NotLoggedInError:
                await self._store.update(lambda _draft: None)  # a killed writer may have left a file with its tokens
                raise
            if revoke:
                await self._check_removable(entry)
            revoked, note = await self._revoke(client, entry) if revoke else (False, None)

            def remove(draft: Draft) -> LogoutResult:
                """Remove the login unless another login came in; a refreshed login is the same login."""
                same = generation_of(draft.get(tenant), draft.notes.get(tenant)) == generation
                removed = same and (draft.get(tenant) == entry or not alone) and login_entry.remove(draft, tenant)
                return LogoutResult(tenant, revoked, removed, note, newer_kept=tenant in draft)

            done = await self._commits.persist(remove, tenant) if revoked else await self._store.update(remove)
        return replace(done, left=tuple(problem.what for problem in await self._store.problems() if problem.ended))

    async def _check_removable(self, entry: LoginEntry) -> None:
        """Refuse to revoke a login that could not be removed from the store afterwards.

        Raises:
            StorageError: the store cannot be written, or its client records cannot be read.
        """
        await self._store.check_writable()
        if login_entry.has_client_record(entry):
            await self._store.clients()  # the login's client is removed with it

    async def _revoke(self, client: OAuthClient | None, entry: LoginEntry) -> tuple[bool, str | None]:
        if client is None:
            return False, "no vendor of this name is configured here"
        token, hint = (
            (entry.refresh_token, "refresh_token") if entry.refresh_token else (entry.access_token, "access_token")
        )
        try:
            endpoint = entry.token_endpoint if isinstance(entry, TokenEntry) and client.may_revoke else ""
            if endpoint and not await is_same_server(self._driver, client, endpoint):
                return False, ANOTHER_SERVER
            if await self._driver.revoke(client, token, hint=hint):
                return True, None
        except OAuthError as error:
            return False, error.happened
        return False, f"{client.title} offers no way to end a login from here; end it in the account's own settings"
