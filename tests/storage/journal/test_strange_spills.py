"""Other files in the place of a spill are reported, not followed, and never read as a login."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, StoreUnwritableError
from tests.storage.entries import put, token
from tests.storage.journal.spills import NEW, OLD, place
from tests.storage.processes import NOBODY


@pytest.fixture
def store(path: Path) -> FileStore:
    store = FileStore(path)
    store.update(put("codex", OLD))
    return store


STRANGE: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "fifo": os.mkfifo,
    "empty": lambda at: at.write_bytes(b""),
    "no json": lambda at: at.write_bytes(b"\xff{"),
    "deep": lambda at: at.write_text("[" * 200_000),
    "list": lambda at: at.write_text("[]"),
    "no entry": lambda at: at.write_text('{"replaces": [], "entry": 5}'),
    "of no shape": lambda at: at.write_text('{"replaces": ["a"], "entry": {"access_token": "canary-9"}}'),
    "huge": lambda at: at.write_bytes(b" " * (2**20 + 1)),
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
def test_what_is_no_spill_is_named_and_not_followed(store: FileStore, make: Callable[[Path], object]) -> None:
    make(place(store))

    assert FileStore(store.path).read()["codex"] == OLD
    store.update(put("other", token("other")))
    [problem] = [found for found in store.problems() if "spill" in found.what]
    assert str(place(store)) in problem.what
    assert problem.repair == f"rm {place(store)}"
    assert "canary" not in problem.what
    assert os.path.lexists(place(store))


def test_a_link_is_not_followed_and_goes_with_a_logout_alone(store: FileStore, tmp_path: Path) -> None:
    store.spill("codex", NEW, OLD)
    target = place(store).rename(tmp_path / "elsewhere")
    place(store).symlink_to(target)

    assert FileStore(store.path).read()["codex"] == OLD
    assert "symbolic link" in next(found.what for found in store.problems() if "spill" in found.what)
    with pytest.raises(StoreUnwritableError):
        store.spill("codex", NEW, OLD)
    store.update(lambda draft: draft.pop("codex"))
    assert not os.path.lexists(place(store))
    assert target.exists()


@pytest.mark.parametrize("spoil", [lambda at: at.chmod(0o622), lambda at: os.chown(at, NOBODY, NOBODY)], ids=["w", "u"])
def test_what_others_could_have_written_is_not_followed(store: FileStore, spoil: Callable[[Path], None]) -> None:
    if os.geteuid() != 0:
        return  # only root can give a file to somebody else
    store.spill("codex", NEW, OLD)
    spoil(place(store))
    assert FileStore(store.path).read()["codex"] == OLD


def test_torn_at_any_byte_it_is_a_spill_or_none(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    whole = place(store).read_bytes()
    for length in range(len(whole)):
        place(store).write_bytes(whole[:length])
        assert FileStore(store.path).read()["codex"] == OLD, length
