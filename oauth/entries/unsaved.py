"""Token responses that are not stored yet: committed, else kept in the journal, else in memory until a disk takes them.

A vendor gives a token response once. So whatever goes wrong between the answer and the commit, of whatever type, may
cost time but no token.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from openab_auth.oauth.errors import OAuthError
from openab_auth.storage import AsyncStore, Draft, LoginEntry, RefreshLock, Secret, StorageError, Store, Tenant
from openab_auth.storage.file.journal import comes_after

_RETRY: Final = 1.0  # seconds between two tries
_LAST_TRIES: Final = 5.0  # seconds of tries before a process that ends gives up
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class UnsavedLogin:
    """A token response as a login that is to be stored.

    `commit` is its mutation; `spill` writes it into the journal, synchronously; `fold` takes it from there into the
    store, where it is not enough that the next update does so.
    """

    tenant: Tenant
    commit: Callable[[Draft], object]
    spill: Callable[[Store], object]
    fold: Callable[[Draft], object] = lambda _: None
    journaled: bool = False
    told: str = ""


@dataclass(slots=True, eq=False, kw_only=True)
class UnsavedRenewal(UnsavedLogin):
    """The response to a refresh: `posted` is the refresh token that was spent for it, `lock` the tenant's lock, held.

    While the lock is held, no other process posts the spent token that it still reads in the store.
    """

    entry: Callable[[], LoginEntry]
    posted: Secret
    lock: RefreshLock


class ResponseOwner:
    """Owns one token response from the posting of its request until it is kept; see `UnsavedLogins.owner`."""

    def __init__(self, unsaved: UnsavedLogins) -> None:
        self._unsaved = unsaved
        self._response: UnsavedLogin | None = None
        self.error: Exception | None = None
        """Why the commit failed; the response then lies in the journal or in memory."""

    @property
    def journaled(self) -> bool:
        """Whether the journal has the response."""
        return self._response is not None and self._response.journaled

    def hold(self, response: UnsavedLogin) -> None:
        """Own this response from now on, in the place of a former one."""
        self._response = response

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Keep what was not committed. An `OAuthError` is a decision against storing it, and is left alone."""
        if self._response is None or error is None or isinstance(error, OAuthError):
            return False
        if not isinstance(error, Exception):  # cancelled, or the interpreter is told to stop: there is no time to wait
            self._unsaved.keep_at_once(self._response, error)
            return False
        self.error = error
        await self._unsaved.keep(self._response, error)
        return True


class UnsavedLogins:
    """What one process must not forget; tries to store it every second."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._kept: dict[Tenant, UnsavedLogin] = {}
        self._saving: asyncio.Task[None] | None = None

    def owner(self) -> ResponseOwner:
        """Return an owner, to be entered before the request is posted and left when its response is committed.

        Every exception but an `OAuthError` that ends the block leads to the journal, else to memory, and is then
        swallowed; cancellation and interrupts go on once the response is kept.
        """
        return ResponseOwner(self)

    async def keep(self, response: UnsavedLogin, why: Exception) -> None:
        """Write a response into the journal, else keep it in memory.

        Raises:
            OAuthError: it is not to be stored, because another login stands.
        """
        try:
            await self._store.run(response.spill)
        except OAuthError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the tokens are here and nowhere else
            self._remember(response, error)
        except BaseException as error:
            self.keep_at_once(response, error)
            raise
        else:
            self._journaled(response, why)

    def keep_at_once(self, response: UnsavedLogin, why: BaseException) -> None:
        """As `keep`, without a thread and without awaiting.

        A cancelled task can await nothing reliably, and a process that may start no thread has no other way. The
        event loop stands still for one small file, which is less than a lost login costs.
        """
        try:
            self._store.run_here(response.spill)
        except OAuthError as error:
            _say(logging.INFO, "%s: its new login was not kept: %s", response.tenant, error)
        except BaseException as error:
            self._remember(response, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._journaled(response, why)

    def holds(self, lock: RefreshLock) -> bool:
        """Return whether this lock must stay held."""
        return any(isinstance(kept, UnsavedRenewal) and kept.lock is lock for kept in self._kept.values())

    def newest(self, tenant: Tenant, stored: LoginEntry) -> LoginEntry:
        """Return `stored`, or the login that is to take its place."""
        kept = self._kept.get(tenant)
        if isinstance(kept, UnsavedRenewal) and comes_after(kept.entry(), stored, (kept.posted.fingerprint(),)):
            return kept.entry()
        return stored

    def only_here(self, tenant: Tenant) -> LoginEntry | None:
        """Return the renewed login that is kept for the tenant, for when the store cannot be read."""
        kept = self._kept.get(tenant)
        return kept.entry() if isinstance(kept, UnsavedRenewal) else None

    async def save(self, tenant: Tenant) -> None:
        """Store what is kept in memory for the tenant, if there is something.

        Raises:
            StorageError: it is still in memory only.
        """
        kept = self._kept.get(tenant)
        if kept is not None and not kept.journaled:
            await self._save(kept)

    async def aclose(self) -> None:
        """Try for some seconds more; what cannot be stored then is lost with this process, which is logged."""
        saving, self._saving = self._saving, None
        try:
            if saving is not None:
                saving.cancel()
                await asyncio.gather(saving, return_exceptions=True)
            for _ in range(max(1, round(_LAST_TRIES / _RETRY))):
                await asyncio.gather(*map(self.save, tuple(self._kept)), return_exceptions=True)
                if all(kept.journaled for kept in self._kept.values()):
                    break
                await asyncio.sleep(_RETRY)
        finally:
            self._give_up()

    async def _save(self, kept: UnsavedLogin) -> None:
        try:
            await self._store.update(kept.fold if kept.journaled else kept.commit)
        except OAuthError as error:
            _say(logging.INFO, "%s: its renewed login is not needed any more: %s", kept.tenant, error)
        except Exception as error:  # noqa: BLE001 - as in `keep`
            if not kept.journaled:
                await self._spill(kept, error)
            return
        else:
            _say(
                logging.WARNING,
                "%s: the store takes logins again; the renewed one is in it, or a newer one",
                kept.tenant,
            )
        self._forget(kept)

    async def _spill(self, kept: UnsavedLogin, why: Exception) -> None:
        """Try the journal, where the store refused.

        Raises:
            Exception: `why`, where the journal refuses as well.
        """
        try:
            await self._store.run(kept.spill)
        except OAuthError:
            self._forget(kept)
        except Exception:  # noqa: BLE001 - as in `keep`
            if kept.told != str(why):
                _say(
                    logging.ERROR,
                    "%s: its renewed login is in the memory of this process alone: %s",
                    kept.tenant,
                    _words(why),
                )
            kept.told = str(why)
            raise why from None
        else:
            self._journaled(kept, why)

    async def _save_all(self) -> None:
        try:
            while self._kept:
                await asyncio.sleep(_RETRY)
                await asyncio.gather(*map(self._save, tuple(self._kept.values())), return_exceptions=True)
        except BaseException:
            if self._saving is not None:  # not `aclose` ends this, but the end of the event loop
                self._give_up()
            raise

    def _journaled(self, response: UnsavedLogin, why: BaseException) -> None:
        _release(response)
        response.journaled = True
        _say(
            logging.WARNING,
            "%s: a renewed login lies in the journal, for the store did not take it: %s",
            response.tenant,
            _words(why),
        )
        self._go_on(response)

    def _remember(self, response: UnsavedLogin, error: BaseException) -> None:
        self._go_on(response)
        _say(
            logging.ERROR,
            "%s: neither the store nor its journal took a renewed login: %s",
            response.tenant,
            _words(error),
        )

    def _go_on(self, response: UnsavedLogin) -> None:
        """Keep it in mind until it is committed."""
        self._kept[response.tenant] = response
        if self._saving is None or self._saving.done():
            with suppress(RuntimeError):  # the event loop has ended; what is in memory is tried by `aclose`
                self._saving = asyncio.get_running_loop().create_task(self._save_all(), name="unsaved logins")

    def _forget(self, kept: UnsavedLogin) -> None:
        if self._kept.get(kept.tenant) is kept:  # not when the next one has failed meanwhile
            del self._kept[kept.tenant]
        _release(kept)

    def _give_up(self) -> None:
        """Try the journal once more, without awaiting, for each response that is in memory alone."""
        for kept in tuple(self._kept.values()):
            if not kept.journaled:
                try:
                    self._store.run_here(kept.spill)
                except Exception as error:  # noqa: BLE001 - it is logged, and the next response is tried
                    _say(
                        logging.CRITICAL, "%s: its renewed login is lost, log in again: %s", kept.tenant, _words(error)
                    )
            self._forget(kept)


def _release(response: UnsavedLogin) -> None:
    if isinstance(response, UnsavedRenewal):
        with suppress(OSError, StorageError):  # the lock is free all the same
            response.lock.release()


def _words(error: BaseException) -> str:
    """Return our own error in its words, and any other by its type: its text could quote anything."""
    if isinstance(error, StorageError):
        return str(error)
    return "it is busy" if isinstance(error, TimeoutError) else type(error).__name__


def _say(level: int, message: str, *words: object) -> None:
    """Log; a log handler that raises must not cost a token."""
    with suppress(Exception):
        _log.log(level, message, *words)
