"""The file `auth.json.restored`, mode 0600: a backup that is being restored, and then the logins that wait.

It is written before anything else changes, so a restore that is killed goes on with the next update of any process.
From then on it holds the logins whose refresh tokens may be spent. The credential file has them without these tokens,
because agents in other languages read that file and would post them. `store adopt` brings the tokens back.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from openab_auth.storage import journal
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.contents import Contents
from openab_auth.storage.disk import atomic, folder, regular_file
from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import StorageError, StoreUnreadableError
from openab_auth.storage.format.keys import RESTORED
from openab_auth.storage.records import KINDS
from openab_auth.storage.restore_rule import adopt_waiting, plan_restore, still_held_back, write_contents
from openab_auth.storage.store import Lease

_State = Literal["restoring", "waiting"]


class RefreshUnderWayError(Exception):
    """A process is refreshing a login that the restore would replace; nothing was changed."""


class RestoredFile(NamedTuple):
    """The file of a store: its state, the id of the backup, and the whole contents or the waiting logins."""

    path: Path
    state: _State
    backup: str
    contents: Contents

    def save(self) -> None:
        """Write the file durably.

        Raises:
            StoreUnwritableError: it was not written.
        """
        text = json.dumps({"state": self.state, "backup": self.backup, **self.contents.to_json()})
        atomic.swap(path_of(self.path), text.encode(), temporary_of=self.path)
        folder.sync(self.path.parent)

    def remove(self) -> None:
        """Remove the file."""
        with contextlib.suppress(FileNotFoundError):
            path_of(self.path).unlink()
        folder.sync(self.path.parent)

    def settle(self, entries: Mapping[str, Entry]) -> None:
        """Keep only the logins that still wait, now that the store holds these entries.

        If it cannot be written, the next update tries again.
        """
        waiting = still_held_back(entries, self.contents.entries)
        if self.state == "waiting" and waiting.keys() == self.contents.entries.keys():
            return
        with contextlib.suppress(StorageError, OSError):
            if waiting:
                self._replace(state="waiting", contents=_without_records(waiting)).save()
            else:
                self.remove()

    def restore(self, draft: Draft, lease: Callable[[str], Lease], afterwards: contextlib.ExitStack) -> None:
        """Write the backup into a draft; hold the leases of all logins that it replaces until the commit.

        Raises:
            RefreshUnderWayError: one of them is not free.
            StorageError: a lease or the journal could not be opened.
        """
        spills = journal.load(self.path, journal.spill_files(self.path))
        newer = journal.recovered(spills, self.contents.entries)
        restoring = plan_restore(self.contents, Contents.in_draft(draft), newer)
        for tenant in restoring.overtaken:
            held = lease(tenant)
            if not held.try_acquire():
                raise RefreshUnderWayError
            afterwards.callback(held.release)
        write_contents(draft, restoring, holding_back=True)

    def adopt(self, draft: Draft) -> int:
        """Give the waiting logins their refresh tokens back; return how many there were."""
        return adopt_waiting(draft, self.contents.entries)


def path_of(path: Path) -> Path:
    """Return the path of the file beside the credential file."""
    return path.with_name(f"{path.name}{RESTORED}")


def find(path: Path, names: Collection[str] | None = None) -> RestoredFile | None:
    """Read the file, or return None if there is none; `names` are in the folder, if they are known.

    Raises:
        StoreUnreadableError: it is there but could not be read, or is damaged.
    """
    place = path_of(path)
    if names is not None and place.name not in names:
        return None
    try:
        found = json.loads(regular_file.read(place, os.O_NOFOLLOW)[0])
        state, backup, contents = found["state"], found["backup"], Contents.from_json(found)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnreadableError(place, error) from error
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StoreUnreadableError(place, "it is damaged; move it away, and restore the backup again") from None
    return RestoredFile(path, "restoring" if state == "restoring" else "waiting", str(backup), contents)


def _without_records(entries: Mapping[str, Entry]) -> Contents:
    return Contents(dict(entries), {kind.name: {} for kind in KINDS})
