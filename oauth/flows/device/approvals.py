"""Device logins that wait for their approval: each polled by one task of this process, whoever watches it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
from openab_auth.oauth.entries import login_entry, pending
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.entries.pending_logins import PendingLogins
from openab_auth.oauth.entries.tenant_lock import REFRESH_DEADLINE, store_changes
from openab_auth.oauth.errors import (
    LoginDeniedError,
    LoginExpiredError,
    LoginTakenError,
    NoPendingLoginError,
    OAuthError,
)
from openab_auth.oauth.flows.credentials import Credentials, LoggedIn
from openab_auth.oauth.flows.device.code import INTERVAL, DeviceCode, read_interval
from openab_auth.oauth.flows.device.flow import NotYet
from openab_auth.oauth.flows.device.flows import device_flow
from openab_auth.oauth.flows.device.poll import poll_until
from openab_auth.oauth.flows.jobs import Jobs
from openab_auth.oauth.flows.offer import LoginOffer
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import PENDING_LIFETIME, Entry, PendingEntry, TokenEntry, UserId
from openab_auth.storage.errors import StorageError
from openab_auth.storage.records.notes import Begun, Note
from openab_auth.storage.secret import Secret

Admit: TypeAlias = Callable[[PendingLogin], Awaitable[None]]
_STORING: Final = REFRESH_DEADLINE + 10.0  # seconds that another process may take to store what it has redeemed
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    """The task that polls for one pending login."""

    generation: str
    task: asyncio.Task[LoggedIn]


class Approvals:
    """Waits for the approvals; what a poll has brought is stored as a job of `jobs`, which outlives every waiter.

    `admit` raises where the login may not be stored by now: minutes, or a restart, may lie between its two ends.
    """

    def __init__(  # noqa: PLR0913  # what it stands on, passed in
        self,
        store: AsyncStore,
        driver: Driver,
        pending_logins: PendingLogins,
        credentials: Credentials,
        jobs: Jobs,
        *,
        clock: Callable[[], float],
        admit: Admit | None = None,
    ) -> None:
        self._admit = admit
        self._store = store
        self._driver = driver
        self._pending = pending_logins
        self._credentials = credentials
        self._jobs = jobs
        self._clock = clock
        self._waiting: dict[tuple[str, UserId], _Watched] = {}
        self._closing = False

    async def begin(self, vendor: Vendor, user: UserId, begun: Begun) -> LoginOffer:
        """Show a code, and poll from now on. What it raises is told at `Logins.begin`."""
        client = await self._driver.resolve(vendor.client())
        # before the vendor is asked for a code that nobody may use
        await self._pending.check_not_taken(vendor, user, agreed=begun.replaces)
        code, entry = await self._start(vendor, client)
        await self._pending.begin(vendor, user, entry, begun)
        login = pending.described(vendor.name, user, entry, Note(begun=begun))
        self.watch(vendor, login, entry)
        return LoginOffer(vendor, code.link, code.expires_at, code.user_code, login.generation)

    def watch(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry) -> None:
        """Poll for this login from now on, in the place of a former one of this person at this vendor."""
        key = (login.vendor, login.user)
        if former := self._waiting.get(key):
            former.task.cancel()
        task = asyncio.create_task(self._wait(vendor, login, entry), name=f"approval of {vendor.name}")
        self._waiting[key] = _Watched(login.generation, task)

    def forget(self, login: PendingLogin) -> None:
        """Poll for this login no longer; a poll that is under way is finished. One begun since then goes on."""
        key = (login.vendor, login.user)
        watched = self._waiting.get(key)
        if watched is not None and watched.generation == login.generation:
            del self._waiting[key]
            watched.task.cancel()

    async def outcome(self, vendor: str, user: UserId) -> LoggedIn | None:
        """How this login ends; None when this process stops and the login goes on waiting without it.

        Raises:
            LoginDeniedError, LoginExpiredError: it was denied, or not approved in time.
            NoPendingLoginError: it was cancelled or replaced, or is not waited for here.
            OAuthError, StorageError: the vendor refused it, or it could not be stored.
        """
        watched = self._waiting.get((vendor, user))
        if watched is None:
            raise NoPendingLoginError(vendor)
        await asyncio.wait((watched.task,))
        if self._waiting.get((vendor, user)) is watched:
            del self._waiting[vendor, user]
        if not watched.task.cancelled():
            return watched.task.result()
        if self._closing:
            return None
        raise NoPendingLoginError(vendor)

    async def aclose(self) -> None:
        """Poll no longer; the logins stay in the store for the next start."""
        self._closing = True
        tasks = [watched.task for watched in self._waiting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start(self, vendor: Vendor, client: OAuthClient) -> tuple[DeviceCode, PendingEntry]:
        """Ask the vendor for a code; the entry holds all that polling needs, so a restart may lie in between.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: there is none.
        """
        code = await device_flow(vendor, self._driver, self._store, self._clock).start(client)
        entry = PendingEntry(
            verifier=code.device_code,
            state=Secret(code.user_code),
            token_url=client.token_url,
            provider_name=vendor.name,
            created_at=int(self._clock()),
            # agents drop what they do not know; then the standard's interval and our own lifetime hold
            extra={"interval": code.interval, "expires_at": code.expires_at},
        )
        return code, entry

    async def _wait(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry) -> LoggedIn:
        flow, client = device_flow(vendor, self._driver, self._store, self._clock), vendor.client()
        before: Entry | None = None
        with suppress(StorageError):
            before = (await self._store.read()).get(vendor.tenant)

        async def poll() -> LoggedIn | NotYet:
            try:
                if done := await self._look(vendor, login, entry, before):
                    return done
            except StorageError as error:  # a disk that is out of order for a moment ends nobody's login
                _log.warning("%s: a device login waits for the store: %s", vendor.name, error)
                return NotYet()
            answer = await flow.poll(client, entry)
            return answer if isinstance(answer, NotYet) else await self._keep(vendor, login, entry, answer)

        try:
            return await poll_until(
                lambda: self._jobs.finish(poll()),
                vendor=vendor.name,
                interval=read_interval(entry.extra.get("interval")) or INTERVAL,
                expires_at=login.expires_at,
                clock=self._clock,
            )
        except LoginExpiredError:
            if done := await self._redeemed(vendor, login, entry, before):
                return done
            raise
        except (LoginDeniedError, LoginTakenError):
            await self._drop(login, entry)
            raise

    async def _look(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, before: Entry | None
    ) -> LoggedIn | None:
        """See, before each poll, that the login still waits; the end that another process has made of it is its end.

        Raises:
            NoPendingLoginError: it was cancelled or replaced.
            LoginTakenError: another person has logged in there since.
        """
        entries = await self._store.read()
        if self._clock() < login.created_at + PENDING_LIFETIME and not pending.waits(entries, login, entry):
            return await self._store.update(lambda draft: self._end_of(draft, vendor, login, before))
        if entries.get(vendor.tenant) != before:
            notes = await self._store.notes()
            login_entry.check_not_taken(entries, notes, vendor.tenant, login.user, agreed=login.begun.replaces)
        return None

    def _end_of(self, draft: Draft, vendor: Vendor, login: PendingLogin, before: Entry | None) -> LoggedIn:
        """Return the login that a waiting one has become; under the lock, since its note is written a moment later."""
        there, made = draft.get(vendor.tenant), draft.notes.get(vendor.tenant) or Note()
        if made.generation == login.generation and there != before and isinstance(there, TokenEntry):
            return LoggedIn(vendor, there.expires_at, made.account, elsewhere=True)
        raise NoPendingLoginError(vendor.name)

    async def _redeemed(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, before: Entry | None
    ) -> LoggedIn | None:
        """What another process makes of a code that the vendor knows no longer although its time is not over.

        None when it is none's: nobody has stored it in the time that a commit may take.
        """
        wait = _STORING if self._clock() < login.expires_at else 0.0
        async for _ in store_changes(self._store, wait):
            with suppress(StorageError):
                if done := await self._look(vendor, login, entry, before):
                    return done
        return None

    async def _keep(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, grant: TokenResponse) -> LoggedIn:
        """Store what was approved, in the step that ends the waiting, unless it was cancelled meanwhile."""
        await self._check_admitted(vendor, login, entry, grant)
        try:
            return await self._credentials.keep(
                vendor, entry.token_url, grant, login, also=lambda draft: self._take(draft, login, entry)
            )
        except NoPendingLoginError:
            await self._revoke(vendor, grant)
            raise

    async def _check_admitted(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, grant: TokenResponse
    ) -> None:
        """End a login that may not be stored, here and at the vendor."""
        try:
            if self._admit is not None:
                await self._admit(login)
        except Exception:
            await self._drop(login, entry)
            await self._revoke(vendor, grant)
            raise

    def _take(self, draft: Draft, login: PendingLogin, entry: PendingEntry) -> None:
        """Remove the pending login; one that was swept for its age in this moment has been approved all the same."""
        if self._clock() < login.created_at + PENDING_LIFETIME:
            pending.take(draft, login.vendor, login.user, entry, now=self._clock())

    async def _drop(self, login: PendingLogin, entry: PendingEntry) -> None:
        """Forget a login that somebody has ended; others are swept in time, or stored by another process."""
        try:
            await self._store.update(lambda draft: self._take(draft, login, entry))
        except (NoPendingLoginError, StorageError) as error:
            _log.info("%s: a device login that had ended was not removed: %s", login.vendor, error)

    async def _revoke(self, vendor: Vendor, grant: TokenResponse) -> None:
        """End at the vendor what must not be stored, as far as it answers."""
        hint = "refresh_token" if grant.refresh_token else "access_token"
        failed: object = "it offers no way to; the account's own settings can end it"
        try:
            if await self._driver.revoke(vendor.client(), grant.refresh_token or grant.access_token, hint=hint):
                return
        except OAuthError as error:
            failed = error
        _log.warning("%s: a login that was given and not stored could not be revoked: %s", vendor.name, failed)
