"""Device logins that wait for their approval: each polled by one task of this process, whoever watches it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from oauth import login_entry, pending
from oauth.credentials import Credentials, LoggedIn
from oauth.device.code import INTERVAL, DeviceCode, read_interval
from oauth.device.flow import NotYet
from oauth.device.flows import device_flow
from oauth.device.poll import poll_until
from oauth.driver import Driver
from oauth.errors import LoginDeniedError, LoginTakenError, NoPendingLoginError, OAuthError
from oauth.jobs import Jobs
from oauth.offer import LoginOffer
from oauth.pending import PendingLogin
from oauth.pending_logins import PendingLogins
from oauth.reply import Grant
from oauth.vendor import Vendor
from storage import AsyncStore
from storage.draft import Draft
from storage.entries import PENDING_LIFETIME, Entry, PendingEntry, UserId
from storage.errors import StorageError
from storage.secret import Secret

_log: Final = logging.getLogger(__name__)


class Approvals:
    """Waits for the approvals; what a poll has brought is stored as a job of `jobs`, which outlives every waiter."""

    def __init__(  # noqa: PLR0913  # what it stands on, passed in
        self,
        store: AsyncStore,
        driver: Driver,
        pending_logins: PendingLogins,
        credentials: Credentials,
        jobs: Jobs,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._driver = driver
        self._pending = pending_logins
        self._credentials = credentials
        self._jobs = jobs
        self._clock = clock
        self._waiting: dict[tuple[str, UserId], asyncio.Task[LoggedIn]] = {}
        self._closing = False

    async def begin(self, vendor: Vendor, user: UserId, *, replace: bool) -> LoginOffer:
        """Show a code, and poll from now on. What it raises is told at `Logins.begin`."""
        vendor = await self._driver.resolve(vendor)
        if not replace:  # before the vendor is asked for a code that nobody may use
            await self._pending.check_not_taken(vendor, user)
        code, entry = await self._start(vendor)
        await self._pending.begin(vendor, user, entry, replace=replace)
        self.watch(vendor, PendingLogin(vendor.name, user, entry.created_at, code.expires_at), entry)
        return LoginOffer(vendor, code.link, code.expires_at, code.user_code)

    def watch(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry) -> None:
        """Poll for this login from now on, in the place of a former one of this person at this vendor."""
        self.forget(login)
        name = f"approval of {vendor.name}"
        task = asyncio.create_task(self._wait(vendor, login, entry), name=name)
        self._waiting[login.vendor, login.user] = task

    def forget(self, login: PendingLogin) -> None:
        """Poll no longer; a poll that is under way is finished."""
        task = self._waiting.pop((login.vendor, login.user), None)
        if task is not None:
            task.cancel()

    async def outcome(self, vendor: str, user: UserId) -> LoggedIn | None:
        """How this login ends; None when this process stops and the login goes on waiting without it.

        Raises:
            LoginDeniedError, LoginExpiredError: it was denied, or not approved in time.
            NoPendingLoginError: it was cancelled or replaced, or is not waited for here.
            OAuthError, StorageError: the vendor refused it, or it could not be stored.
        """
        task = self._waiting.get((vendor, user))
        if task is None:
            raise NoPendingLoginError(vendor)
        await asyncio.wait((task,))
        if self._waiting.get((vendor, user)) is task:
            del self._waiting[vendor, user]
        if not task.cancelled():
            return task.result()
        if self._closing:
            return None
        raise NoPendingLoginError(vendor)

    async def aclose(self) -> None:
        """Poll no longer; the logins stay in the store for the next start."""
        self._closing = True
        tasks = list(self._waiting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start(self, vendor: Vendor) -> tuple[DeviceCode, PendingEntry]:
        """Ask the vendor for a code; the entry holds all that polling needs, so a restart may lie in between.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: there is none.
        """
        code = await device_flow(vendor, self._driver, self._store, self._clock).start(vendor)
        entry = PendingEntry(
            verifier=code.device_code,
            state=Secret(code.user_code),
            token_url=vendor.token_url,
            provider_name=vendor.name,
            created_at=int(self._clock()),
            # agents drop what they do not know; then the standard's interval and our own lifetime hold
            extra={"interval": code.interval, "expires_at": code.expires_at},
        )
        return code, entry

    async def _wait(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry) -> LoggedIn:
        flow = device_flow(vendor, self._driver, self._store, self._clock)
        before: Entry | None = None
        with suppress(StorageError):
            before = (await self._store.read()).get(vendor.tenant)

        async def poll() -> LoggedIn | NotYet:
            try:
                await self._check_waiting(vendor, login, entry, before)
            except StorageError as error:  # a disk that is out of order for a moment ends nobody's login
                _log.warning("%s: a device login waits for the store: %s", vendor.name, error)
                return NotYet()
            answer = await flow.poll(vendor, entry)
            return answer if isinstance(answer, NotYet) else await self._keep(vendor, login, entry, answer)

        try:
            return await poll_until(
                lambda: self._jobs.finish(poll()),
                vendor=vendor.name,
                interval=read_interval(entry.extra.get("interval")) or INTERVAL,
                expires_at=login.expires_at,
                clock=self._clock,
            )
        except (LoginDeniedError, LoginTakenError):
            await self._drop(login, entry)
            raise

    async def _check_waiting(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, before: Entry | None
    ) -> None:
        """See, before each poll, that the login was not cancelled and that nobody else has logged in since."""
        entries = await self._store.read()
        if self._clock() < login.created_at + PENDING_LIFETIME and not pending.waits(entries, login, entry):
            raise NoPendingLoginError(vendor.name)
        if entries.get(vendor.tenant) != before:
            notes = await self._store.notes()
            login_entry.check_not_taken(entries, notes, vendor.tenant, login.user, since=login.created_at)

    async def _keep(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, grant: Grant) -> LoggedIn:
        """Store what was approved, unless it was cancelled while the vendor gave it."""
        try:
            await self._store.update(lambda draft: self._take(draft, login, entry))
        except NoPendingLoginError:
            await self._revoke(vendor, grant)
            raise
        except StorageError as error:  # the grant cannot be had twice, and the pending login is swept in time
            _log.warning("%s: a device login that is approved was not removed: %s", vendor.name, error)
        return await self._credentials.keep(vendor, entry.token_url, grant, login.user)

    def _take(self, draft: Draft, login: PendingLogin, entry: PendingEntry) -> None:
        """Remove the pending login; one that was swept for its age in this moment has been approved all the same."""
        if self._clock() < login.created_at + PENDING_LIFETIME:
            pending.take(draft, login.vendor, login.user, entry, now=self._clock())

    async def _drop(self, login: PendingLogin, entry: PendingEntry) -> None:
        """Forget a login that somebody has ended; others are swept in time.

        A code that the vendor no longer knows may have been redeemed by another process, which is about to store it.
        """
        try:
            await self._store.update(lambda draft: self._take(draft, login, entry))
        except (NoPendingLoginError, StorageError) as error:
            _log.info("%s: a device login that had ended was not removed: %s", login.vendor, error)

    async def _revoke(self, vendor: Vendor, grant: Grant) -> None:
        """End at the vendor what the person no longer wanted, as far as it answers."""
        hint = "refresh_token" if grant.refresh_token else "access_token"
        try:
            await self._driver.revoke(vendor, grant.refresh_token or grant.access_token, hint=hint)
        except OAuthError as error:
            _log.warning("%s: a login that was cancelled could not be revoked: %s", vendor.name, error)
