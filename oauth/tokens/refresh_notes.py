"""The note beside a login that is refreshed: the attempt that runs or failed, and how the login died."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from openab_auth.oauth.entries import read_login
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.oauth.http import Deadline, awake_timeout
from openab_auth.storage import NOTES, AsyncStore, LoginEntry, StorageError, Tenant
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt

_log: Final = logging.getLogger(__name__)


class RefreshNotes:
    """Reads and changes the note of one tenant's login; `deadline` bounds each change."""

    def __init__(self, store: AsyncStore, tenant: Tenant, deadline: Deadline) -> None:
        self._store = store
        self._tenant = tenant
        self._deadline = deadline

    async def read(self) -> Note:
        """Return the login's note; if it cannot be read, a token that may be dead is not posted.

        Raises:
            StoreUnreadableError: the notes are there but could not be read.
        """
        return await self._store.record(NOTES, self._tenant) or Note()

    async def change_unless_replaced(
        self, posted: LoginEntry, **fields: RefreshAttempt | DeadToken | None
    ) -> LoginEntry | None:
        """Change the note of the posted token. If another login came in meanwhile, return it and keep its note.

        A note may be lost: when it cannot be written, that is only logged.
        """
        failed: object = "the store is busy"
        try:
            async with awake_timeout(self._deadline.for_disk()):
                return await self._store.update(partial(self._write, posted=posted, fields=fields))
        except TimeoutError:
            pass
        except NotLoggedInError:
            raise
        except StorageError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - no failure of the disk may hide the vendor's answer
            failed = type(error).__name__
        _log.warning("%s: the result of its refresh could not be noted: %s", self._tenant, failed)
        return None

    def _write(
        self, draft: Draft, posted: LoginEntry, fields: dict[str, RefreshAttempt | DeadToken | None]
    ) -> LoginEntry | None:
        current = read_login(draft, self._tenant)
        if current.refresh_token != posted.refresh_token:
            return current
        note = draft.notes.get(self._tenant) or Note()
        draft.notes[self._tenant] = note._replace(**fields)  # type: ignore[arg-type] # each has its own type
        return None
