"""The notes beside the credential file contain no secret, and losing them loses no login."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import DeadToken, FileStore, Note, RefreshAttempt, StoreUnreadableError, UserId
from tests.storage.entries import CANARY, put, token

NOTE = Note(
    "ada@example.com",
    UserId(2**63),
    5,
    ("a", "b"),
    DeadToken("f" * 64, "invalid_grant", 9, told=True),
    RefreshAttempt(
        "e" * 64, 1.5, "HTTP 503", answered=False, failures=3, not_before=60.25, todo="set it", config_hash="a" * 64
    ),
)


def log_in(store: FileStore) -> None:
    entry = token(value=CANARY)
    store.update(lambda draft: (draft.update(codex=entry), draft.notes.update(codex=NOTE)))


def test_they_are_kept_beside_and_hold_no_secret(store: FileStore, path: Path) -> None:
    log_in(store)
    assert dict(store.notes()) == dict(FileStore(path).notes()) == {"codex": NOTE}
    assert CANARY not in path.with_name("auth.json.notes").read_text()


def test_an_attempt_that_an_older_version_noted_is_read(store: FileStore, path: Path) -> None:
    log_in(store)
    notes = path.with_name("auth.json.notes")
    top = json.loads(notes.read_text())
    del top["codex"]["attempt"]["todo"], top["codex"]["attempt"]["config_hash"]
    notes.write_text(json.dumps(top))

    attempt = store.notes()["codex"].attempt

    assert NOTE.attempt is not None
    assert attempt == NOTE.attempt._replace(todo="", config_hash="")


def test_a_config_hash_under_its_former_name_is_read(store: FileStore, path: Path) -> None:
    log_in(store)
    notes = path.with_name("auth.json.notes")
    top = json.loads(notes.read_text())
    top["codex"]["attempt"]["settings"] = top["codex"]["attempt"].pop("config_hash")
    notes.write_text(json.dumps(top))

    assert store.notes() == {"codex": NOTE}
    store.update(lambda draft: draft.notes.update(codex=draft.notes["codex"]._replace(account="other")))

    attempt = json.loads(notes.read_text())["codex"]["attempt"]
    assert attempt["config_hash"] == "a" * 64
    assert "settings" not in attempt


def test_lost_or_broken_ones_lose_no_login(store: FileStore, path: Path) -> None:
    log_in(store)
    notes = path.with_name("auth.json.notes")
    broken = [b"{", b"[]", b'{"codex": {"account": 1, "scopes": 5, "dead": {"since": true}}, "x": 1}']
    broken.append(b'{"codex": {"attempt": {"fingerprint": "f", "at": "soon", "reason": "", "answered": 1}}}')
    for at in ("Infinity", "NaN", "1" + "0" * 400, "-1"):
        attempt = f'"fingerprint": "f", "at": {at}, "reason": "", "answered": true, "failures": 1, "not_before": {at}'
        broken.append(f'{{"codex": {{"attempt": {{{attempt}}}}}}}'.encode())
    for content in broken:
        notes.write_bytes(content)
        assert store.notes().get("codex", Note()) == Note()
        assert store.read()["codex"] == token(value=CANARY)
        store.update(put("a", token("a", content.hex())))
    notes.unlink()
    assert dict(store.notes()) == {}


@pytest.mark.parametrize(("noted", "read"), [(5000, 16), (10**400, 16), (-(10**9), 0)])
def test_counts_that_nobody_counted_are_bounded(store: FileStore, path: Path, noted: int, read: int) -> None:
    """A pause doubles with each failure: 2**5000 seconds fit no number."""
    log_in(store)
    attempt = {"fingerprint": "f", "at": 1, "reason": "", "answered": True, "not_before": 0}
    note = {"codex": {"attempt": {**attempt, "failures": noted, "refusals": noted}}}
    path.with_name("auth.json.notes").write_text(json.dumps(note))

    found = store.notes()["codex"].attempt

    assert found is not None
    assert (found.failures, found.refusals) == (read, read)


@pytest.mark.parametrize("make", [os.mkfifo, lambda notes: notes.symlink_to("/dev/zero")], ids=["fifo", "device"])
def test_what_is_no_plain_file_in_their_place_blocks_nobody(
    store: FileStore, path: Path, make: Callable[[Path], None]
) -> None:
    """The notes are read under the global lock, so a blocked read would block everybody."""
    path.parent.mkdir(exist_ok=True)
    make(path.with_name("auth.json.notes"))

    with pytest.raises(StoreUnreadableError, match=r"auth\.json\.notes"):
        store.notes()
    store.update(put("codex", token()))
    assert list(store.read()) == ["codex"]


def test_a_logout_takes_them_along(store: FileStore) -> None:
    log_in(store)
    store.update(lambda draft: draft.pop("codex"))
    assert dict(store.notes()) == {}


def test_ones_that_cannot_be_written_do_not_undo_a_login(store: FileStore, path: Path) -> None:
    path.parent.mkdir()
    path.with_name("auth.json.notes").mkdir()
    log_in(store)
    assert list(store.read()) == ["codex"]
