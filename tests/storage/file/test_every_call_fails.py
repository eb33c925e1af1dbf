"""Each system call of the store fails once: the reported result is true, and other logins and notes stay.

The functions of `os` that the store uses are replaced by functions that count. For every N, the N-th call fails.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openab_auth.storage import Draft, FileStore, Note, StorageError, UserId
from tests.storage.entries import put, token, token_in

FILES = ["open", "read", "write", "fsync", "close", "replace", "rename", "unlink", "utime", "fchmod", "fchown"]
LOOKS = ["lstat", "stat", "fstat", "listdir"]
ADA = Note(logged_in_by=UserId(7), logged_in_at=5)
TEMPORARY = "auth.json.tmp.1.1"  # of a writer that was killed


@contextmanager
def failing(number: int, code: int) -> Iterator[list[str]]:
    """Let the call of this number fail, counted from 1; list the earlier calls."""
    calls: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            if len(calls) == number:
                if name == "close":
                    real(*args, **kwargs)  # the kernel gives the descriptor back even so
                raise OSError(code, os.strerror(code))
            return real(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in [*FILES, *LOOKS]:
            patch.setattr(os, name, counted(name, getattr(os, name)))
        patch.setattr(fcntl, "flock", counted("flock", fcntl.flock))
        yield calls


def everybody(draft: Draft) -> None:
    for tenant in ("codex", "lab"):
        draft[tenant], draft.notes[tenant] = token(tenant), ADA


def at_every_call(
    folder: Path, code: int, prepare: Callable[[FileStore], object], act: Callable[[FileStore], object]
) -> Iterator[tuple[FileStore, object]]:
    """Yield, for each call of `act`, a store in which this call has failed, and the reported error."""
    for number in range(1, 500):
        store = FileStore(folder / str(number) / "auth.json", lock_timeout=5)
        store.update(everybody)
        prepare(store)
        acting = FileStore(store.path, lock_timeout=5)
        told: object
        with failing(number, code) as calls:
            try:
                told = act(acting)
            except StorageError as error:
                told = error
        yield FileStore(store.path, lock_timeout=5), told
        if len(calls) < number:
            assert number > 1
            return
    raise AssertionError


ERRORS = pytest.mark.parametrize(
    "code", [errno.EIO, errno.EMFILE, errno.ESTALE], ids=lambda code: errno.errorcode[code]
)


@ERRORS
def test_a_logout_is_done_or_not_and_leaves_its_tokens_nowhere(quick: Path, code: int) -> None:
    def leave_a_copy(store: FileStore) -> None:
        store.path.with_name(TEMPORARY).write_bytes(store.path.read_bytes())

    def log_out(draft: Draft) -> str:
        assert draft.notes.pop("codex") == ADA
        del draft["codex"]
        return "done"

    for store, told in at_every_call(quick, code, leave_a_copy, lambda store: store.update(log_out)):
        done = told == "done"
        assert token_in(store.read(), "lab") == token("lab")
        assert store.notes()["lab"] == ADA
        assert ("codex" in store.read()) is not done
        assert done or store.notes()["codex"] == ADA
        left = [found for found in store.path.parent.iterdir() if b"refresh" in found.read_bytes()]
        assert not done or store.path.with_name(TEMPORARY) not in left


@ERRORS
def test_a_renewed_login_is_committed_or_spilled_whatever_its_notes_say(quick: Path, code: int) -> None:
    renewed = token("codex", "renewed")

    def keep(store: FileStore) -> object:
        try:
            return store.update(put("codex", renewed))
        except StorageError:
            store.spill("codex", renewed, token("codex"))
            return None

    for store, told in at_every_call(quick, code, lambda store: None, keep):
        assert told in {"codex", None}
        assert dict(store.notes()) == {"codex": ADA, "lab": ADA}
        assert dict(store.read()) == {"codex": renewed, "lab": token("lab")}


@ERRORS
@pytest.mark.parametrize(
    "ask",
    [FileStore.read, FileStore.notes, FileStore.clients, FileStore.check_writable, FileStore.problems],
    ids=lambda ask: str(ask.__name__),
)
def test_a_question_is_answered_or_refused_and_changes_nothing(
    quick: Path, code: int, ask: Callable[[FileStore], object]
) -> None:
    def spill(store: FileStore) -> None:
        store.spill("codex", token("codex", "renewed"), token("codex"))

    for store, told in at_every_call(quick, code, spill, ask):
        if ask is FileStore.read and not isinstance(told, StorageError):
            assert told == {"codex": token("codex", "renewed"), "lab": token("lab")}
        if ask is FileStore.notes and not isinstance(told, StorageError):
            assert told == {"codex": ADA, "lab": ADA}
        assert store.read() == {"codex": token("codex", "renewed"), "lab": token("lab")}
        assert dict(store.notes()) == {"codex": ADA, "lab": ADA}
        assert not [found for found in store.path.parent.iterdir() if ".tmp." in found.name]


@ERRORS
def test_a_refresh_lock_is_taken_or_refused_and_free_afterwards(quick: Path, code: int) -> None:
    def take(store: FileStore) -> bool:
        lock = store.lease("codex")
        try:
            return lock.try_acquire()
        finally:
            lock.release()

    for store, told in at_every_call(quick, code, lambda store: None, take):
        assert told in {True, False} or isinstance(told, StorageError)
        assert store.lease("codex").try_acquire()
