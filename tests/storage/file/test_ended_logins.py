"""A login that has ended leaves no copy: not in the journal, nor in what was kept of damaged files (case 41)."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Json, McpEntry, Mutation, Secret, TokenEntry
from openab_auth.storage.file import ended_logins, quarantine
from tests.support.clock import Clock
from tests.support.disks import filled
from tests.support.entries import CANARY, pending, put
from tests.support.processes import NOBODY

Make = Callable[..., TokenEntry]
FOREIGN = "auth.json.corrupt-1700000000"  # as the agents in Rust name them
ENDED = "tokens of a login that has ended"


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


def login(tenant: str) -> TokenEntry:
    access, refresh = Secret(f"{CANARY}-access-of-{tenant}"), Secret(f"{CANARY}-refresh-of-{tenant}")
    return TokenEntry(access, refresh, 4_000_000_000, "https://login.example.com/token", tenant)


def log_out(store: FileStore, tenant: str = "codex") -> None:
    assert store.update(lambda draft: draft.pop(tenant))


def copies(store: FileStore, tenant: str = "codex") -> list[str]:
    marks = (f"{CANARY}-access-of-{tenant}".encode(), f"{CANARY}-refresh-of-{tenant}".encode())
    files = [found for found in store.path.parent.iterdir() if found.is_file()]
    return sorted(found.name for found in files if any(mark in found.read_bytes() for mark in marks))


def quarantined(store: FileStore, name: str = FOREIGN, tail: str = "") -> Path:
    """The store's bytes as they are, and the damage that made somebody keep them."""
    kept = store.path.with_name(name)
    kept.write_bytes(store.path.read_bytes() + tail.encode())
    kept.chmod(0o640)
    return kept


def test_a_logout_takes_the_login_out_of_every_kept_file_and_leaves_all_other_bytes(store: FileStore) -> None:
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


def test_the_copy_that_the_very_logout_makes_of_a_damaged_file_is_cleared_too(store: FileStore) -> None:
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


def test_a_renewal_in_the_journal_ends_with_its_login_and_so_do_the_copies_of_both(store: FileStore) -> None:
    store.update(put("codex", login("codex")))
    quarantined(store)
    renewed = replace(login("codex"), refresh_token=Secret(f"{CANARY}-refresh-of-next"))
    kept = store.path.with_name("auth.json.corrupt-5")
    kept.write_text(renewed.refresh_token.reveal())
    store.spill("codex", renewed, login("codex").refresh_token)

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


def test_a_file_too_large_to_be_looked_through_does_not_fail_the_logout_and_is_told_for_good(store: FileStore) -> None:
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


def test_on_a_full_disk_the_logout_works_and_what_it_could_not_clear_is_told(disk: Path) -> None:
    store = FileStore(disk / "auth.json")
    store.update(put("codex", login("codex")))
    kept = quarantined(store, tail=" " * 50_000)

    with filled(disk, leave=16_384):
        log_out(store)

    assert store.read() == {}
    assert copies(store) == [f"{kept.name}.uncleared"]
    assert any(ENDED in problem.what for problem in store.problems())


def test_a_file_that_this_user_cannot_read_is_told_and_the_owner_of_others_stays(
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


LEFT_BY_THE_KILLED = [
    "auth.json.tmp.4711.0",  # the Rust agents name theirs like ours
    "auth.json.notes.tmp.1.22",
    "auth.json.clients.tmp.1.0",
    "auth.json.spill.codex.tmp.7.7",
    "auth.json.spill.mcp:linear.tmp.7.8",
    "auth.json.spill.a.b c.tmp.7.9",
]
COPIES = ["auth.json.bak", "auth.json~", ".auth.json.swp", "#auth.json#", "auth.json.corrupt-1", "auth.json.spill.x"]


def test_a_logout_removes_what_killed_writers_left_however_young_and_clears_every_copy(store: FileStore) -> None:
    store.update_all([put("codex", login("codex")), put("lab", login("lab"))])
    for name in [*LEFT_BY_THE_KILLED, *COPIES]:
        store.path.with_name(name).write_bytes(store.path.read_bytes())

    log_out(store)

    assert copies(store) == []
    assert copies(store, "lab") == sorted(["auth.json", *COPIES])
    names = {found.name for found in store.path.parent.iterdir()}
    assert not names & set(LEFT_BY_THE_KILLED)
    assert names >= set(COPIES)


def test_a_spill_whose_tenant_is_named_like_a_temporary_file_survives_another_ones_logout(store: FileStore) -> None:
    odd = "lab.tmp.1.2"
    store.update_all([put("codex", login("codex")), put(odd, login(odd))])
    renewed = replace(login(odd), access_token=Secret("renewed"), expires_at=4_000_000_001)
    store.spill(odd, renewed, login(odd).refresh_token)

    log_out(store)

    assert FileStore(store.path).read() == {odd: renewed}


def test_another_store_in_the_same_folder_keeps_its_login(store: FileStore) -> None:
    other = FileStore(store.path.with_name("auth.json.other"))
    for one in (store, other):
        one.update(put("codex", login("codex")))
    of_other = other.path.with_name("auth.json.other.tmp.1.1")
    of_other.write_bytes(other.path.read_bytes())

    log_out(store)

    assert copies(store) == ["auth.json.other", "auth.json.other.tmp.1.1"]
    log_out(other)
    assert copies(store) == []


def test_a_temporary_file_that_lives_on_under_another_name_is_overwritten_first(store: FileStore) -> None:
    store.update(put("codex", login("codex")))
    left = store.path.with_name("auth.json.tmp.1.1")
    left.write_bytes(store.path.read_bytes())
    os.link(left, store.path.with_name("elsewhere"))

    log_out(store)

    assert not left.exists()
    assert copies(store) == []


SPILL = """
import os, sys
from openab_auth.storage import *
real, logged_out = os.fsync, []
def token(value):
    return TokenEntry(Secret(value), Secret(f"refresh {value}"), 9, "https://as.example/token", "lab")
store = FileStore(sys.argv[1])
store.update(lambda draft: draft.update(lab=token("old"), codex=token("x")))
def fsync(descriptor):  # the moment between the writing of a temporary file and its renaming
    real(descriptor)
    if not logged_out:
        logged_out.append(True)
        FileStore(sys.argv[1]).update(lambda draft: draft.pop("codex"))
os.fsync = fsync
store.spill("lab", token("renewed"), token("old").refresh_token)
print(bool(logged_out), FileStore(sys.argv[1]).read()["lab"] == token("renewed"))
"""


def test_a_spill_that_is_being_written_survives_another_ones_logout(path: Path, run: Callable[..., str]) -> None:
    """The journal is written without the global lock, so a logout may remove its temporary file."""
    assert run(SPILL, path) == "True True"


def test_a_file_that_a_logout_can_neither_remove_nor_clear_is_told(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() != 0:
        return  # only root can leave a file that its folder's owner cannot remove
    code = """
import sys
from openab_auth.storage import *
store = FileStore(sys.argv[1])
entry = TokenEntry(Secret("access-of-codex"), Secret("refresh-of-codex"), 9, "https://as.example/token", "codex")
store.update(lambda draft: draft.update(codex=entry))
store.update(lambda draft: draft.pop("codex"))
print([problem.what for problem in store.problems() if problem.ended])
"""
    public_path.parent.chmod(0o1777)
    roots = public_path.with_name("auth.json.tmp.1.1")
    roots.touch(0o600)

    told = run(code, public_path, as_nobody=True)

    assert f"{roots} may hold tokens of a login that has ended: it could not be removed" in told
