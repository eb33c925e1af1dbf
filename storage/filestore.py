"""The store as one JSON file that bots and agents of any language share: every locked section of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from storage import atomic, codec, quarantine, sidefiles
from storage.draft import Draft
from storage.entries import Entry
from storage.errors import StoreUnreadableError
from storage.locks import SidecarLock, global_sidecar, hold, refresh_sidecar
from storage.notes import Note
from storage.store import Done, Failed, Mutation, Problem, T
from storage.sweep import stale
from storage.tenants import check_tenant

LOCK_TIMEOUT: Final = 10.0  # seconds; a commit takes milliseconds, so this long means a holder that hangs
_TICK: Final = 50_000_000  # nanoseconds; coarser than any file system's time stamps that we meet
_ROOM: Final = 64 * 1024  # bytes a commit may need beyond the file as it is


class _Version(NamedTuple):
    """The file's identity."""

    device: int
    inode: int
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class _Contents:
    """What the file held when it had this version."""

    version: _Version | None
    entries: Mapping[str, Entry]
    damage: str | None = None  # what is wrong with the file, when something is
    settled: bool = True  # old enough that another file of this version cannot have taken its place since
    outdated: bool = False  # it must be written anew even if nothing changes: damage, or the single-tenant shape
    data: bytes = b""  # kept only for a damaged file


class FileStore:
    """A credential file with its two locks; safe to use from several threads.

    `clock` gives unix seconds; `lock_timeout` bounds the wait for the global lock, in seconds.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        clock: Callable[[], float] = time.time,
        lock_timeout: float = LOCK_TIMEOUT,
    ) -> None:
        self.path = Path(path).expanduser()
        self._clock = clock
        self._lock_timeout = lock_timeout
        self._seen: _Contents | None = None

    def read(self) -> Mapping[str, Entry]:
        """All entries as last committed, without a lock; one `stat` while the file has not changed.

        Raises:
            StoreUnreadableError: the file is there but could not be read.
        """
        return self._load().entries

    def notes(self) -> Mapping[str, Note]:
        """The notes by tenant; empty when they were lost."""
        return MappingProxyType(sidefiles.read_notes(self.path))

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the file as it is now; changes nothing."""
        try:
            contents = self._load()
        except StoreUnreadableError as error:
            return (Problem(error.happened, error.todo),)
        found = []
        if contents.damage:
            repair = "the next login keeps its bytes beside it and writes what still parses"
            found.append(Problem(f"{self.path} is damaged ({contents.damage})", repair))
        if self.path.is_symlink():
            repair = "name the file that it leads to in [store] path or --store"
            found.append(Problem(f"{self.path} is a symbolic link and will not be written", repair))
        found += [
            Problem(f"{kept} holds a damaged earlier file", "take what you need out of it, then remove it")
            for kept in sorted(self.path.parent.glob(f"{self.path.name}.corrupt-*"))
        ]
        return tuple(found)

    def update(self, mutate: Mutation[T]) -> T:
        """Run `mutate` on the entries as they are under the global lock, and commit what it changed.

        Raises:
            StorageError: nothing was committed. What `mutate` raises is raised too, and commits nothing.
        """
        [outcome] = self.update_all([mutate])
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome.value  # type: ignore[no-any-return]  # what `mutate` returned

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """As `update` for many, in order, in one commit; a mutation that raises is dropped alone.

        Raises:
            StorageError: nothing was committed, of none of them.
        """
        with hold(global_sidecar(self.path), self._lock_timeout):  # no network in here, and nothing awaits
            before = self._parse(self.version())  # never what was cached: here a stale entry would undo a login
            entries = dict(before.entries)
            swept = stale(entries, self._clock())
            for key in swept:
                del entries[key]
            notes = sidefiles.read_notes(self.path)
            outcomes, changed, notes_changed = run_all(mutations, entries, notes)
            if before.outdated or swept or changed:
                self._commit(before, entries)
            if notes_changed or (changed and not notes.keys() <= entries.keys()):
                kept = {tenant: note for tenant, note in notes.items() if tenant in entries}
                sidefiles.write_notes(self.path, kept)
        return outcomes

    def refresh_lock(self, tenant: str) -> SidecarLock:
        """The tenant's refresh lock, not yet taken.

        Raises:
            InvalidTenantError: no sidecar can bear this name.
        """
        return SidecarLock(refresh_sidecar(self.path, tenant))

    def version(self) -> _Version | None:
        """The file's identity; None while there is no file."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - half the time of Path.stat, on the hot path
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnreadableError(self.path, error.strerror or type(error).__name__) from error
        return _Version(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)

    def check_writable(self) -> None:
        """Prove that a commit could be made now, space included, without changing anything.

        Raises:
            StoreUnwritableError: it could not.
            StoreUnreadableError: the file cannot be read, so it will not be written over.
        """
        self._load()
        size = 0
        with suppress(OSError):
            size = self.path.stat().st_size
        atomic.prove_writable(self.path, size + _ROOM)

    def _load(self) -> _Contents:
        version = self.version()
        seen = self._seen
        if seen is None or seen.version != version or not seen.settled:
            seen = self._seen = self._parse(version)
        return seen

    def _parse(self, version: _Version | None) -> _Contents:
        if version is None:
            return _Contents(None, MappingProxyType({}))
        try:
            data = self.path.read_bytes()
            text = data.decode()
        except FileNotFoundError:
            return _Contents(None, MappingProxyType({}))
        except UnicodeDecodeError as error:
            raise StoreUnreadableError(self.path, "it is not UTF-8") from error
        except OSError as error:
            raise StoreUnreadableError(self.path, error.strerror or type(error).__name__) from error
        # An inode's number is used again, and two commits of one clock tick may leave the same size: not told apart.
        settled = abs(time.time_ns() - version.mtime_ns) > _TICK
        try:
            parsed = codec.parse(text)
        except codec.DamagedTextError as error:
            entries = MappingProxyType(codec.salvage(text))
            return _Contents(version, entries, damage=str(error), settled=settled, outdated=True, data=data)
        if parsed.misfits:
            damage = f"{len(parsed.misfits)} of its entries fit no shape"
            entries = MappingProxyType(parsed.entries)
            return _Contents(version, entries, damage=damage, settled=settled, outdated=True, data=data)
        return _Contents(version, MappingProxyType(parsed.entries), settled=settled, outdated=parsed.legacy)

    def _commit(self, before: _Contents, entries: Mapping[str, Entry]) -> None:
        if before.damage:
            quarantine.keep(self.path, before.data, self._clock())
        atomic.replace(self.path, codec.dump(entries))
        self._seen = None


def run_all(
    mutations: Sequence[Mutation[Any]], entries: dict[str, Entry], notes: dict[str, Note]
) -> tuple[list[Done[Any] | Failed], bool, bool]:
    """Run each mutation on its own overlay, and lay it over `entries` and `notes` if it may be."""
    outcomes: list[Done[Any] | Failed] = []
    changed = notes_changed = False
    for mutate in mutations:
        draft = Draft(entries, notes)
        try:
            value = mutate(draft)
            for key, entry in draft.written.items():
                check_tenant(key)
                codec.check(key, entry)
        except Exception as error:  # noqa: BLE001 - each mutation's failure is its own caller's
            outcomes.append(Failed(error))
            continue
        changed |= bool(draft.deleted) or any(entries.get(key) != entry for key, entry in draft.written.items())
        notes_changed |= bool(draft.notes.written or draft.notes.deleted)
        draft.apply_to(entries)
        draft.notes.apply_to(notes)
        outcomes.append(Done(value))
    return outcomes, changed, notes_changed
