"""An ended login leaves no copy, neither in the journal nor in kept damaged files (case 41)."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Json, McpEntry, Mutation, Secret, TokenEntry
from openab_auth.storage.file.leftovers import ended_logins, quarantine
from tests.storage.disks import filled
from tests.storage.entries import CANARY, pending, put
from tests.storage.file.leftovers.copies import copies, log_out, login
from tests.storage.processes import NOBODY
from tests.support.clock import Clock

Make = Callable[..., TokenEntry]
FOREIGN = "auth.json.corrupt-1700000000"  # as the agents in Rust name them
ENDED = "tokens of an ended login"


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


def quarantined(store: FileStore, name: str = FOREIGN, tail: str = "") -> Path:
    """Keep the store's bytes as a damaged file, with the damage that caused this."""
    kept = store.path.with_name(name)
    kept.write_bytes(store.path.read_bytes() + tail.encode())
    kept.chmod(0o640)
    return kept


def test_a_logout_clears_every_kept_file_and_leaves_all_other_bytes(store: FileStore) -> None:
    store.update_all([put("codex", login("codex")), put("lab", login("lab"))])
    foreign = quarantined(store, tail=f'\n"{CANARY}-access-of-lab", "{CANARY}-acc')
    foreign.chmod(0o640)
    store.path.write_bytes(store.path.read_bytes() + b"}")  # damaged: the next update keeps a copy of its own
    store.update(put("new", login("new")))
    before = {kept: kept.read_bytes() for kept in quarantine.kept_files(store.path)}
    assert len(copies(store)) == 3

    log_out(store)

    assert copies(store) == []
    assert copies(store, "lab") == sorted(["auth.json", *(kept.name for kept in before)])
    for kept, data in before.items():
        for secret in (login("codex").access_token.reveal(), login("codex").refresh_token.reveal()):
            data = data.replace(secret.encode(), b"*" * len(secret))  # noqa: PLW2901
        assert kept.read_bytes() == (data[:-15] + b"*" * 15 if kept == foreign else data)
    assert stat.S_IMODE(foreign.stat().st_mode) == 0o640


def test_the_copy_that_the_logout_makes_of_a_damaged_file_is_cleared_too(store: FileStore) -> None:
    store.update_all([put("codex", login("codex")), put("lab", login("lab"))])
    store.path.write_bytes(store.path.read_bytes() + b"}")

    log_out(store)

    (kept,) = quarantine.kept_files(store.path)
    assert copies(store) == []
    assert copies(store, "lab") == ["auth.json", kept.name]


def test_a_servers_login_is_taken_out_with_all_tokens_of_its_reply(store: FileStore) -> None:
    access, identity = f"{CANARY}-access-of-codex", f"{CANARY}-refresh-of-codex"
    reply: dict[str, Json] = {"access_token": access, "token_type": "bearer", "id_token": identity}
    store.update(put("linear", McpEntry("client", reply)))
    kept = quarantined(store)

    log_out(store, "linear")

    assert copies(store) == []
    assert json.loads(kept.read_text())["linear"]["client_id"] == "client"


def test_a_renewal_in_the_journal_ends_with_its_login_and_all_copies(store: FileStore) -> None:
    store.update(put("codex", login("codex")))
    quarantined(store)
    renewed = replace(login("codex"), refresh_token=Secret(f"{CANARY}-refresh-of-next"))
    kept = store.path.with_name("auth.json.corrupt-5")
    kept.write_text(renewed.refresh_token.reveal())
    store.spill("codex", renewed, login("codex"))

    log_out(store)

    assert copies(store) == copies(store, "next") == []


@pytest.mark.parametrize("change", ["renewed", "moved", "replaced"])
def test_a_login_that_goes_on_is_taken_out_of_nothing(store: FileStore, change: str) -> None:
    store.update(put("codex", login("codex")))
    kept = quarantined(store)
    before = kept.read_bytes()
    changes: dict[str, Mutation[object]] = {
        "renewed": put("codex", replace(login("codex"), access_token=Secret("another"))),
        "moved": lambda draft: draft.__setitem__("mcp:codex", draft.pop("codex")),
        "replaced": put("codex", login("another")),
    }

    store.update(changes[change])

    assert kept.read_bytes() == before


def test_an_update_that_ends_no_login_looks_at_no_kept_file(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, token: Make
) -> None:
    store.update(put("codex", login("codex")))
    store.update(lambda draft: draft.__setitem__("pending:codex:1", pending()))
    looked: list[Path] = []

    def look(path: Path, *_: object) -> list[Path]:
        looked.append(path)
        return []

    monkeypatch.setattr(ended_logins, "clear", look)

    store.update(put("codex", token()))
    store.update(lambda draft: draft.pop("pending:codex:1"))
    assert looked == []

    log_out(store)
    assert looked == [store.path]


def test_what_is_no_plain_file_is_neither_followed_nor_waited_for_and_told(store: FileStore, tmp_path: Path) -> None:
    store.update(put("codex", login("codex")))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(store.path.read_bytes())
    store.path.with_name("auth.json.corrupt-1").symlink_to(elsewhere)
    os.mkfifo(store.path.with_name("auth.json.corrupt-2"))
    store.path.with_name("auth.json.corrupt-3").mkdir()

    log_out(store)

    assert CANARY in elsewhere.read_text()
    told = [problem.what for problem in store.problems() if "is not a regular file" in problem.what]
    assert [what.split()[0][-1] for what in told] == ["1", "2", "3"]


def test_a_file_too_large_to_search_fails_no_logout_and_is_told_for_good(store: FileStore) -> None:
    store.update(put("codex", login("codex")))
    kept = quarantined(store)
    with kept.open("ab") as file:
        file.truncate(2**22 + 1)
    quarantined(store, f"{FOREIGN}.uncleared")

    log_out(store)
    store.update(put("codex", login("codex")))
    log_out(store)

    assert "codex" not in FileStore(store.path).read()
    assert [name.removeprefix(FOREIGN) for name in copies(store)] == [".uncleared1"]
    told = {problem.what: problem.repair for problem in FileStore(store.path).problems() if ENDED in problem.what}
    assert any(f"{FOREIGN}.uncleared1" in what and "then delete it" in repair for what, repair in told.items())


def test_on_a_full_disk_the_logout_works_and_tells_what_it_did_not_clear(disk: Path) -> None:
    store = FileStore(disk / "auth.json")
    store.update(put("codex", login("codex")))
    kept = quarantined(store, tail=" " * 50_000)

    with filled(disk, leave=16_384):
        log_out(store)

    assert store.read() == {}
    assert copies(store) == [f"{kept.name}.uncleared"]
    assert any(ENDED in problem.what for problem in store.problems())


def test_an_unreadable_file_is_told_and_other_files_keep_their_owner(
    public_path: Path, run: Callable[..., str]
) -> None:
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    store = FileStore(public_path)
    store.update(put("codex", login("codex")))
    roots = quarantined(store, "auth.json.corrupt-1")
    roots.chmod(0o600)
    code = (
        "import sys; from openab_auth.storage import FileStore; FileStore(sys.argv[1]).update(lambda d: d.pop('codex'))"
    )

    run(code, public_path, as_nobody=True)

    assert [found.name for found in quarantine.kept_files(public_path)] == ["auth.json.corrupt-1.uncleared"]
    store.update(put("codex", login("codex")))
    mine = quarantined(store, "auth.json.corrupt-2")
    os.chown(mine, NOBODY, NOBODY)
    log_out(store)
    assert (mine.stat().st_uid, stat.S_IMODE(mine.stat().st_mode)) == (NOBODY, 0o640)
    assert copies(store) == []


def test_the_audit_log_is_not_searched_however_large_it_is(store: FileStore) -> None:
    """It never holds a token; a file that is too large to search would be renamed."""
    logs = [store.path.with_name(f"auth.json.audit.jsonl{ending}") for ending in ("", ".old", ".1", "-20260131")]
    store.update_all([put("codex", login("codex"))])
    for log in logs:
        with log.open("wb") as file:
            file.truncate(2**23)

    log_out(store)

    assert all(log.exists() for log in logs)
    assert not [one for one in store.path.parent.iterdir() if "uncleared" in one.name]
