"""The file of added servers beside the credential file: private to its owner, and no danger to a login."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.storage import (
    AddedServer,
    Done,
    Draft,
    Failed,
    FileStore,
    StoreUnreadableError,
    StoreUnwritableError,
    TokenEntry,
    UserId,
)
from openab_auth.storage.disk import atomic
from openab_auth.storage.records.servers import SERVERS
from tests.storage.processes import Start, line_of
from tests.support.patience import PATIENCE

Make = Callable[..., TokenEntry]
LINEAR = AddedServer("https://mcp.linear.app/mcp", UserId(7), 1_800_000_000)
ADD = """
import sys
from openab_auth.storage import AddedServer, FileStore
store, who = FileStore(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for n in range(10):
    server = AddedServer("https://mcp.example/mcp", who, n)
    store.update(lambda draft: draft.servers.__setitem__(f"s{who}-{n}", server))
"""


@pytest.fixture
def place(path: Path) -> Path:
    return path.with_name("auth.json.servers")


def add(draft: Draft) -> None:
    draft.servers["linear"] = LINEAR


def test_only_its_owner_may_read_it(store: FileStore, place: Path) -> None:
    store.update(add)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert store.problems() == ()
    place.chmod(0o644)
    assert [problem.repair for problem in store.problems()] == [f"chmod 600 {place}"]


def test_processes_that_add_at_once_lose_none(store: FileStore, start: Start) -> None:
    writers = [start(ADD, store.path, who) for who in (1, 2, 3)]
    assert [line_of(writer) for writer in writers] == ["ready\n"] * 3
    for writer in writers:
        assert writer.stdin is not None
        print(file=writer.stdin, flush=True)  # all begin at once
    assert [writer.wait(timeout=PATIENCE) for writer in writers] == [0] * 3

    assert set(store.servers()) == {f"s{who}-{n}" for who in (1, 2, 3) for n in range(10)}


def test_an_update_that_asks_for_none_neither_reads_nor_writes_it(store: FileStore, place: Path, token: Make) -> None:
    store.update(add)
    place.write_text("{torn")

    store.update(lambda draft: draft.__setitem__("codex", token()))

    assert place.read_text() == "{torn"


@pytest.mark.parametrize("damage", ['{"linear": {"url": "https://mcp.lin', "[]", '{"a": 1}', '{"a": {"url": "x"}}'])
def test_a_damaged_file_costs_no_login_keeps_its_bytes_and_is_told(
    store: FileStore, place: Path, token: Make, damage: str
) -> None:
    store.update(lambda draft: draft.__setitem__("codex", token()))
    place.write_text(damage)
    place.chmod(0o600)

    assert list(store.read()) == ["codex"]
    assert dict(store.servers()) == {}
    (problem,) = store.problems()
    assert "auth.json.servers is damaged" in problem.what
    assert f"rm {place}" in problem.repair

    store.update(add)
    assert dict(store.servers()) == {"linear": LINEAR}
    (kept,) = place.parent.glob("auth.json.servers.corrupt-*")
    assert kept.read_text() == damage
    (problem,) = store.problems()
    assert str(kept) in problem.what
    assert "add the missing servers again" in problem.repair


def test_what_still_parses_of_a_damaged_file_is_offered(store: FileStore, place: Path) -> None:
    store.update(add)
    place.write_text(json.dumps({**json.loads(place.read_text()), "x": {"url": 7}}))

    assert dict(store.servers()) == {"linear": LINEAR}


def test_an_unreadable_file_is_told_not_written_over_and_stops_no_login(
    public_path: Path, run: Callable[..., str]
) -> None:
    FileStore(public_path).update(add)
    place = public_path.with_name("auth.json.servers")
    place.chmod(0)
    public_path.parent.chmod(0o777)
    for file in public_path.parent.iterdir():
        if os.geteuid() == 0 and file != place:
            file.chmod(0o666)
    code = """
import sys
from openab_auth.storage import AddedServer, FileStore, Secret, StoreUnreadableError, TokenEntry
store = FileStore(sys.argv[1])
store.update(lambda draft: draft.update(codex=TokenEntry(Secret("a"), Secret("r"), 1, "https://x", "codex")))
for ask in (store.servers, lambda: store.update(lambda draft: draft.servers.clear())):
    try:
        ask()
    except StoreUnreadableError as error:
        print(error.path)
print(list(store.read()), any("auth.json.servers could not be read" in p.what for p in store.problems()))
"""

    assert run(code, public_path, as_nobody=True).splitlines() == [str(place), str(place), "['codex'] True"]
    place.chmod(0o600)
    assert dict(FileStore(public_path).servers()) == {"linear": LINEAR}


def test_a_folder_in_its_place_is_an_error_that_names_it(store: FileStore, place: Path) -> None:
    place.mkdir(parents=True)

    with pytest.raises(StoreUnreadableError, match="servers could not be read"):
        store.servers()
    with pytest.raises(StoreUnreadableError):
        store.update(add)


@given(records=st.dictionaries(st.text(), st.builds(AddedServer, st.text(), st.integers().map(UserId), st.integers())))
def test_whatever_a_server_is_called_it_is_read_back(records: dict[str, AddedServer]) -> None:
    written = json.loads(json.dumps({name: SERVERS.to_json(one) for name, one in records.items()}))

    assert {name: SERVERS.from_json(one) for name, one in written.items()} == records


def test_a_commit_that_fails_adds_no_server(store: FileStore, place: Path, token: Make) -> None:
    store.update(lambda draft: draft.__setitem__("b", token("b")))
    store.path.rename(store.path.with_name("elsewhere.json"))
    store.path.symlink_to("elsewhere.json")  # which is never written

    def log_in_and_add(draft: Draft) -> None:
        draft["a"] = token("a")
        add(draft)

    with pytest.raises(StoreUnwritableError):
        store.update(log_in_and_add)
    assert not place.exists()


def test_servers_that_cannot_be_written_fail_only_who_changed_them(
    store: FileStore, place: Path, token: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = atomic.swap

    def full(path: Path, data: bytes, **options: Any) -> os.stat_result:
        if path == place:
            raise StoreUnwritableError(path, "No space left on device")
        return swap(path, data, **options)

    monkeypatch.setattr(atomic, "swap", full)

    outcomes = store.update_all([lambda draft: draft.__setitem__("a", token("a")), add])

    assert [type(outcome) for outcome in outcomes] == [Done, Failed]
    assert isinstance(outcomes[1], Failed)
    assert "No space left" in str(outcomes[1].error)
    assert "the added servers are unchanged, all other changes were saved" in str(outcomes[1].error)
    assert set(store.read()) == {"a"}
    assert dict(store.servers()) == {}
