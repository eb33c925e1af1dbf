"""The file of a mirror: it is ours alone, and no refresh token is in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from openab_auth.bot.mirror.errors import ForeignFileError, MirrorRunningError, RefreshTokensError
from openab_auth.oauth.vendors.server_names import OF_OPENAB
from openab_auth.storage import Draft, Entry, FileStore, LoginEntry, PendingEntry, Secret, TokenEntry
from openab_auth.storage.disk import atomic
from openab_auth.storage.mirror_mark import mark_of

_TEXT: Final = b"openab-auth mirror keeps the file beside this one; nothing is renewed there\n"


class MirrorFile:
    """The file at `path`, which this process keeps from `claim` until `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store = FileStore(path)
        self._mark: int | None = None

    def claim(self) -> None:
        """Mark the file as a mirror, and keep other mirrors away.

        Raises:
            MirrorError: the file is not a mirror's, holds refresh tokens, or another process keeps it.
            StorageError: the file could not be read, or the mark could not be written.
        """
        mark = mark_of(self.path)
        if self.path.exists() and not mark.exists():
            raise ForeignFileError(str(self.path))
        self._refuse_refresh_tokens(self._store.read())
        atomic.make_folder(mark)
        atomic.create(mark, _TEXT)
        self._mark = os.open(mark, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(self._mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise MirrorRunningError(str(self.path)) from None

    def write(self, logins: Mapping[str, LoginEntry], addresses: Mapping[str, str]) -> None:
        """Let the file hold these logins without their refresh tokens, each with the address that renews it.

        Pending logins, and what the `openab` program keeps there, stay.

        Raises:
            RefreshTokensError: somebody has logged in there; nothing was written.
            StorageError: the file could not be written.
        """
        wanted = {key: _mirrored(entry, addresses[key]) for key, entry in logins.items()}
        if not self._differs(self._store.read(), wanted):
            return

        def mirror(draft: Draft) -> None:
            self._refuse_refresh_tokens(draft)
            for key in [key for key, entry in draft.items() if _is_ours(key, entry) and key not in wanted]:
                del draft[key]
            draft.update(wanted)

        self._store.update(mirror)

    def close(self) -> None:
        """Let another process keep the file; the mark stays."""
        if self._mark is not None:
            os.close(self._mark)
            self._mark = None

    @staticmethod
    def _differs(entries: Mapping[str, Entry], wanted: Mapping[str, LoginEntry]) -> bool:
        return {key: entry for key, entry in entries.items() if _is_ours(key, entry)} != dict(wanted)

    def _refuse_refresh_tokens(self, entries: Mapping[str, Entry]) -> None:
        for key, entry in entries.items():
            if _is_ours(key, entry) and not isinstance(entry, PendingEntry) and entry.refresh_token:
                raise RefreshTokensError(str(self.path), key)


def _is_ours(key: str, entry: Entry) -> bool:
    return key != OF_OPENAB and not isinstance(entry, PendingEntry)


def _mirrored(entry: LoginEntry, address: str) -> LoginEntry:
    """Return the login without its refresh token, and without what is beside the fields that agents read."""
    if isinstance(entry, TokenEntry):
        return replace(entry, refresh_token=Secret(""), token_endpoint=address, extra={})
    reply = {name: value for name, value in (entry.token_response or {}).items() if name != "refresh_token"}
    return replace(entry, token_response=reply, extra={})
