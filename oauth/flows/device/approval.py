"""Wait for the approval of one device login, then store the login."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import Final

from openab_auth.oauth.client import OAuthClient, TokenResponse
from openab_auth.oauth.entries import REFRESH_DEADLINE, login_entry, pending_entry, rechecks
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import (
    LoginConflictError,
    LoginDeniedError,
    LoginExpiredError,
    NoPendingLoginError,
    OAuthError,
    VendorUnavailableError,
)
from openab_auth.oauth.flows.device.code import INTERVAL, read_interval
from openab_auth.oauth.flows.device.poll import poll_until
from openab_auth.oauth.flows.device.requests import ApprovalPending, DeviceRequests
from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
from openab_auth.oauth.flows.login_offer import LoginOffer
from openab_auth.oauth.flows.login_result import LoginResult
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import PENDING_LIFETIME, Entry, PendingEntry, TokenEntry
from openab_auth.storage.errors import StorageError, words_of
from openab_auth.storage.records.notes import Begun, Note
from openab_auth.storage.secret import Secret

_STORING: Final = REFRESH_DEADLINE + 10.0  # seconds that another process may need to store a login
_log: Final = logging.getLogger(__name__)


async def offer_code(
    context: LoginContext, requests: DeviceRequests, vendor: Vendor, client: OAuthClient, request: BeginRequest
) -> tuple[LoginOffer, PendingLogin, PendingEntry]:
    """Ask the vendor for a code, and write a pending login with everything that polling needs after a restart.

    Raises:
        LoginTakenError: another person's login is there.
        VendorUnavailableError, VendorMisconfiguredError: the vendor gave no code.
    """
    begun = Begun(request.replaces, request.guild, request.beside)
    # before the vendor is asked for a code that nobody may use
    await context.pending.check_not_taken(vendor, request.user, agreed=begun.replaces)
    code = await requests.start(client)
    entry = PendingEntry(
        verifier=code.device_code,
        state=Secret(code.user_code),
        token_url=client.token_url,
        provider_name=vendor.name,
        created_at=int(context.clock()),
        # Agents drop members that they do not know; then the standard's interval and our own lifetime hold.
        extra={"interval": code.interval, "expires_at": code.expires_at},
    )
    await context.pending.begin(vendor, request.user, entry, begun)
    login = pending_entry.describe(vendor.name, request.user, entry, Note(begun=begun))
    return LoginOffer(vendor, code.link, code.expires_at, code.user_code, login.generation), login, entry


class Approval:
    """The approval of one pending login. Each poll, with what follows it, outlives a cancelled waiter."""

    def __init__(
        self, context: LoginContext, requests: DeviceRequests, vendor: Vendor, login: PendingLogin, entry: PendingEntry
    ) -> None:
        self._context = context
        self._requests = requests
        self._vendor = vendor
        self._client = vendor.client()
        self._login = login
        self._entry = entry
        self._before: Entry | None = None  # the tenant's login before this one

    async def wait(self) -> LoginResult:
        """Poll until the login has ended.

        Raises:
            LoginDeniedError, LoginExpiredError: the person declined, or did not approve in time.
            NoPendingLoginError: the login was cancelled or replaced.
            OAuthError, StorageError: the vendor refused, or the login could not be stored.
        """
        with suppress(StorageError):
            self._before = (await self._context.store.read()).get(self._vendor.tenant)
        try:
            return await poll_until(
                self._poll_to_the_end,
                vendor=self._vendor.name,
                interval=read_interval(self._entry.extra.get("interval")) or INTERVAL,
                expires_at=self._login.expires_at,
                clock=self._context.clock,
            )
        except LoginExpiredError:
            if done := await self._stored_elsewhere():
                return done
            raise
        except (LoginDeniedError, LoginConflictError):
            await self._drop()
            raise

    async def _poll_to_the_end(self) -> LoginResult | ApprovalPending:
        """Poll once. If this process stops meanwhile, return the end of the login all the same."""
        polling = asyncio.ensure_future(self._context.background.finish(self._poll()))
        try:
            return await asyncio.shield(polling)
        except asyncio.CancelledError:
            with suppress(VendorUnavailableError):
                if self._context.waiting.closing and not isinstance(answer := await polling, ApprovalPending):
                    return answer
            raise

    async def _poll(self) -> LoginResult | ApprovalPending:
        try:
            if done := await self._check_pending():
                return done
            await self._context.store.check_writable()  # the answer may use up the code
            answer = await self._requests.poll(self._client, self._entry)  # a dialect may read the store first
        except StorageError as error:  # a disk that fails for a moment ends nobody's login
            _log.warning("%s: a device login waits for the store: %s", self._vendor.name, error)
            return ApprovalPending()
        return answer if isinstance(answer, ApprovalPending) else await self._store(answer)

    async def _check_pending(self) -> LoginResult | None:
        """Check, before each poll, that the login is still pending; return the result if another process stored it.

        Raises:
            NoPendingLoginError: the login was cancelled or replaced.
            LoginTakenError: another person has logged in there since.
        """
        store, login, tenant = self._context.store, self._login, self._vendor.tenant
        entries = await store.read()
        if not self._is_too_old() and not pending_entry.is_waiting(entries, login, self._entry):
            return await store.update(self._result_of_other)
        if entries.get(tenant) != self._before:
            notes = await store.notes()
            login_entry.check_not_taken(entries, notes, tenant, login.user, agreed=login.begun.replaces)
        return None

    def _is_too_old(self) -> bool:
        """Return whether writers of the store may have removed the pending login for its age."""
        return self._context.clock() >= self._login.created_at + PENDING_LIFETIME

    def _result_of_other(self, draft: Draft) -> LoginResult:
        """Return the login that another process stored; call it under the lock, because its note comes a moment later.

        Raises:
            NoPendingLoginError: no process stored this login, so it was cancelled or replaced.
        """
        there, made = draft.get(self._vendor.tenant), draft.notes.get(self._vendor.tenant) or Note()
        same = made.generation == self._login.generation and there != self._before
        if same and isinstance(there, TokenEntry):
            return LoginResult(self._vendor, there.expires_at, made.account, elsewhere=True)
        raise NoPendingLoginError(self._vendor.name)

    async def _stored_elsewhere(self) -> LoginResult | None:
        """Return the login of another process that has used the code; the vendor then calls the code expired.

        Wait as long as a commit may take; return None if no process stores the login.
        """
        wait = _STORING if self._context.clock() < self._login.expires_at else 0.0
        async for _ in rechecks(self._context.store, wait):
            with suppress(StorageError):
                if done := await self._check_pending():
                    return done
        return None

    async def _store(self, tokens: TokenResponse) -> LoginResult:
        """Store the login in the step that removes the pending login, unless it was cancelled meanwhile."""
        await self._check_admitted(tokens)
        return await self._context.writer.store(
            self._vendor,
            self._entry.token_url,
            tokens,
            self._login,
            also=self._take,
            when_cancelled=partial(self._revoke, tokens),
        )

    async def _check_admitted(self, tokens: TokenResponse) -> None:
        """End a login that may no longer be stored, here and at the vendor."""
        try:
            if self._context.admit is not None:
                await self._context.admit(self._login)
        except Exception:
            await self._drop()
            await self._revoke(tokens)
            raise

    def _take(self, draft: Draft) -> None:
        """Remove the pending login; do nothing if a writer may have removed it for its age already."""
        if not self._is_too_old():
            pending_entry.take(draft, self._login.vendor, self._login.user, self._entry, now=self._context.clock())

    async def _drop(self) -> None:
        """Remove the pending login, because somebody has ended the login; unapproved logins just expire."""
        try:
            await self._context.store.update(self._take)
        except Exception as error:  # noqa: BLE001 - its end is told all the same, and its tokens are revoked
            _log.info("%s: a device login that had ended was not removed: %s", self._login.vendor, words_of(error))

    async def _revoke(self, tokens: TokenResponse) -> None:
        """Revoke a login that must not be stored, if the vendor answers."""
        hint = "refresh_token" if tokens.refresh_token else "access_token"
        failed: object = "the vendor offers no revocation; the account's own settings can end it"
        try:
            if await self._context.driver.revoke(self._client, tokens.refresh_token or tokens.access_token, hint=hint):
                return
        except OAuthError as error:
            failed = error
        _log.warning("%s: a login that was not stored could not be revoked: %s", self._vendor.name, failed)
