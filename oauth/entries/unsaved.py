"""Keep each token response until it is stored.

A vendor gives a token response only once, so no failure between the response and the commit may lose it. If the store
does not take it, it goes to the journal. If that fails too, it stays in memory and is tried again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Final, Self

from openab_auth.oauth.entries.unsaved_login import OvertakenError, UnsavedLogin, UnsavedRenewal
from openab_auth.oauth.errors import OAuthError
from openab_auth.oauth.http.interrupt import insist
from openab_auth.storage import AsyncStore, Lease, LoginEntry, Tenant
from openab_auth.storage.errors import words_of
from openab_auth.storage.spill_rule import comes_after, replaced_marks

_RETRY: Final = 1.0  # seconds between two tries
_LAST_TRIES: Final = 5.0  # seconds; a process that ends tries for so long and then gives up
_LOST: Final = "%s: the renewed login is lost, log in again: %s"
_NOT_NEEDED: Final = "%s: the renewed login is not needed any more: %s"
_log: Final = logging.getLogger(__name__)


class ResponseOwner:
    """Owns one token response from the request until it is stored; see `UnsavedLogins.owner`."""

    def __init__(self, unsaved: UnsavedLogins) -> None:
        self._unsaved = unsaved
        self._response: UnsavedLogin | None = None
        self.error: Exception | None = None
        """The failure of the commit; the response is then in the journal or in memory."""

    @property
    def journaled(self) -> bool:
        """Return whether the journal has the response."""
        return self._response is not None and self._response.journaled

    def hold(self, response: UnsavedLogin) -> None:
        """Own this response from now on, in place of an earlier response."""
        self._response = response

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Keep a response that was not committed. An `OAuthError` is a decision not to store it, and passes on."""
        if self._response is None or error is None or isinstance(error, OAuthError):
            return False
        if not isinstance(error, Exception):  # a cancellation or an interrupt: there is no time to wait
            self._unsaved.keep_at_once(self._response, error)
            return False
        self.error = error
        await self._unsaved.keep(self._response, error)
        return True


class UnsavedLogins:
    """The logins that one process could not store yet; it tries again every second."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._kept: dict[Tenant, UnsavedLogin] = {}
        self._saving: asyncio.Task[None] | None = None

    def owner(self) -> ResponseOwner:
        """Return an owner; enter it before the request is posted, and leave it when the response is committed.

        When an exception ends the block, the response goes to the journal, or to memory if that fails, and the
        exception is swallowed. A cancellation or an interrupt passes on. An `OAuthError` passes on and keeps nothing.
        """
        return ResponseOwner(self)

    async def keep(self, response: UnsavedLogin, why: Exception) -> None:
        """Write a response into the journal; if that fails, keep it in memory.

        Raises:
            OAuthError: it must not be stored, because another login has come in.
        """
        try:
            await self._store.run(response.spill)
        except OAuthError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever failed, the tokens are only here
            self._remember(response, error)
        except BaseException as error:
            self.keep_at_once(response, error)
            raise
        else:
            self._journaled(response, why)

    def keep_at_once(self, response: UnsavedLogin, why: BaseException) -> None:
        """Keep a response as `keep` does, without a thread and without awaiting.

        A cancelled task cannot rely on `await`, and some processes may not start a thread. The event loop stops for
        one small file; a lost login would cost more.
        """
        try:
            interrupt = insist(partial(self._store.run_here, response.spill))
        except OAuthError as error:
            _log_safely(logging.INFO, "%s: the new login is not stored: %s", response.tenant, error)
        except BaseException as error:
            self._remember(response, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._journaled(response, why)
            if interrupt is not None:
                raise interrupt

    def holds(self, lease: Lease) -> bool:
        """Return whether this lease must stay held."""
        return any(isinstance(kept, UnsavedRenewal) and kept.lease is lease for kept in self._kept.values())

    def newest(self, tenant: Tenant, stored: LoginEntry) -> LoginEntry:
        """Return `stored`, or the renewed login that replaces it and is not stored yet."""
        kept = self._kept.get(tenant)
        if isinstance(kept, UnsavedRenewal) and comes_after(kept.entry(), stored, replaced_marks(kept.posted)):
            return kept.entry()
        return stored

    def only_here(self, tenant: Tenant) -> LoginEntry | None:
        """Return the tenant's renewed login that is not stored yet, or None; this reads no store."""
        kept = self._kept.get(tenant)
        return kept.entry() if isinstance(kept, UnsavedRenewal) else None

    async def save(self, tenant: Tenant) -> None:
        """Store the tenant's login that is in memory, if there is one.

        Raises:
            StorageError: it could not be stored and is still in memory.
        """
        kept = self._kept.get(tenant)
        if kept is not None and not kept.journaled:
            await self._save(kept)

    async def aclose(self) -> None:
        """Try for some more seconds; then log each login that is lost with this process."""
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
            await self._store.update(kept.commit_from_journal if kept.journaled else kept.commit)
        except OAuthError as error:
            await self._drop(kept, error)
        except Exception as error:  # noqa: BLE001 - as in `keep`
            if not kept.journaled:
                await self._spill(kept, error)
        else:
            _log_safely(
                logging.WARNING,
                "%s: the store can be written again; the renewed login is in it, or a newer one",
                kept.tenant,
            )
            self._forget(kept)

    async def _spill(self, kept: UnsavedLogin, why: Exception) -> None:
        """Try the journal after the store failed.

        Raises:
            Exception: `why`, when the journal fails as well.
        """
        try:
            await self._store.run(kept.spill)
        except OAuthError as error:
            await self._drop(kept, error)
        except Exception:  # noqa: BLE001 - as in `keep`
            if kept.reported != str(why):
                _log_safely(
                    logging.ERROR,
                    "%s: the renewed login is only in the memory of this process: %s",
                    kept.tenant,
                    _describe(why),
                )
            kept.reported = str(why)
            raise why from None
        else:
            self._journaled(kept, why)

    async def _drop(self, kept: UnsavedLogin, reason: OAuthError) -> None:
        """Forget a response that must not be stored; not before it is ended, because that may be cancelled."""
        _log_safely(logging.INFO, _NOT_NEEDED, kept.tenant, reason)
        if kept.drop is not None and not kept.journaled:
            with suppress(Exception):  # it is forgotten all the same
                await kept.drop(reason)
        self._forget(kept)

    async def _save_all(self) -> None:
        while self._kept:
            await asyncio.sleep(_RETRY)
            await asyncio.gather(*map(self._save, tuple(self._kept.values())), return_exceptions=True)

    def _ended(self, saving: asyncio.Task[None]) -> None:
        """Give up if the event loop ended the task, perhaps before its first step; `aclose` gives up by itself."""
        if self._saving is saving and (saving.cancelled() or saving.exception()):
            self._give_up()

    def _journaled(self, response: UnsavedLogin, why: BaseException) -> None:
        response.release()
        response.journaled = True
        _log_safely(
            logging.WARNING,
            "%s: a renewed login is in the journal, because the store could not be written: %s",
            response.tenant,
            _describe(why),
        )
        self._track(response)

    def _remember(self, response: UnsavedLogin, error: BaseException) -> None:
        self._track(response)
        _log_safely(
            logging.ERROR,
            "%s: a renewed login could be written neither to the store nor to its journal: %s",
            response.tenant,
            _describe(error),
        )

    def _track(self, response: UnsavedLogin) -> None:
        """Remember the response until it is committed."""
        self._kept[response.tenant] = response
        if self._saving is None or self._saving.done():
            with suppress(RuntimeError):  # the event loop has ended; `aclose` tries again
                self._saving = asyncio.get_running_loop().create_task(self._save_all(), name="unsaved logins")
                self._saving.add_done_callback(self._ended)

    def _forget(self, kept: UnsavedLogin) -> None:
        if self._kept.get(kept.tenant) is kept:  # not when a newer one has failed meanwhile
            del self._kept[kept.tenant]
        kept.release()

    def _give_up(self) -> None:
        """Try the journal once more, without awaiting, for each response that is only in memory."""
        for kept in tuple(self._kept.values()):
            if not kept.journaled:
                try:
                    insist(partial(self._store.run_here, kept.spill))
                except OvertakenError as error:
                    _log_safely(logging.INFO, _NOT_NEEDED, kept.tenant, _describe(error))
                except Exception as error:  # noqa: BLE001 - it is logged, and the next response is tried
                    _log_safely(logging.CRITICAL, _LOST, kept.tenant, _describe(error))
            self._forget(kept)


def _describe(error: BaseException) -> str:
    """Return the text of our own errors, and only the type of others: their text could quote a secret."""
    if isinstance(error, OvertakenError):
        return "another login or a logout came in"
    return "it is busy" if isinstance(error, TimeoutError) else words_of(error)


def _log_safely(level: int, message: str, *words: object) -> None:
    """Log; a log handler that raises must not lose a token."""
    with suppress(Exception):
        _log.log(level, message, *words)
