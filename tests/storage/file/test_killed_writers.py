"""A writer that is killed before any system call leaves the old or the new state, and locks nobody out.

In the child, the functions of `os` and `fcntl` that a commit uses are replaced by functions that count. For every N,
the child kills itself with SIGKILL before the N-th call.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openab_auth.storage import FileStore
from tests.storage.entries import put, token, token_in
from tests.storage.processes import Start, line_of  # noqa: F401 -- fixtures

KILLED_AT_EVERY_CALL = """
import fcntl, json, os, shutil, signal, sys
from pathlib import Path
import filelock
from openab_auth.storage import FileStore, LoginFacts, Note
from openab_auth.storage import journal
from openab_auth.storage.format import codec
from tests.storage.entries import put, token, pending

CALLS = (
    "open write fsync close replace unlink fchmod fchown utime fstat lstat stat listdir read mkdir scandir".split()
)


def die_at(number):
    count = 0

    def counted(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    fcntl.flock = counted(fcntl.flock)


OLD, NEW = token(value="at0"), token(value="at1")


def log_in(draft):
    draft["codex"] = NEW
    draft["more"] = token("more")
    draft.notes["codex"] = Note("ada")


def log_in_recorded(entry, *before):
    def mutate(draft):
        draft["codex"] = entry
        marks = [one.refresh_token.fingerprint() for one in (*before, entry)]
        draft.facts["codex"] = LoginFacts(tuple(marks), {"client_id": "c"})

    return mutate


SCENES = {
    "first": (lambda store: None, lambda store: store.update(log_in)),
    "update": (lambda store: store.update(put("codex", OLD)), lambda store: store.update(log_in)),
    "damage": (
        lambda store: (store.update(put("codex", OLD)), store.path.write_bytes(store.path.read_bytes()[:-1] + b",")),
        lambda store: store.update(log_in),
    ),
    "facts": (
        lambda store: store.update(log_in_recorded(OLD)),
        lambda store: store.update(log_in_recorded(NEW, OLD)),
    ),
    "facts end": (
        lambda store: store.update(log_in_recorded(OLD)),
        lambda store: store.update(lambda draft: draft.pop("codex")),
    ),
    "spill": (
        lambda store: store.update(put("codex", OLD)),
        lambda store: store.spill("codex", NEW, OLD),
    ),
    "recovery": (
        lambda store: (store.update(put("codex", OLD)), store.spill("codex", NEW, OLD)),
        lambda store: store.update(put("more", token("more"))),
    ),
    "logout": (
        lambda store: (store.update(put("codex", OLD)), store.spill("codex", NEW, OLD)),
        lambda store: store.update(lambda draft: draft.pop("codex")),
    ),
}
prepare, act = SCENES[sys.argv[2]]
results = []
number = 0
while True:
    number += 1
    folder = Path(sys.argv[1], str(number))
    path = folder / "auth.json"
    prepare(FileStore(path))
    if path.exists():
        os.utime(path, (1, 1))  # else a commit in the same tick of the clock makes two more calls, but not every time
    damaged = path.read_bytes() if path.exists() else None
    child = os.fork()
    if child == 0:
        die_at(number)
        act(FileStore(path))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    text = path.read_text() if path.exists() else "{}"
    seen = FileStore(path, lock_timeout=60).read()
    kept = [found.read_bytes() for found in folder.glob("auth.json.corrupt-*")] if folder.exists() else []
    result = {
        "killed": os.WIFSIGNALED(status),
        "whole": not codec.decode(text).damage,
        "bytes kept": damaged is not None and (text.encode() == damaged or damaged in kept),
        "on disk": {key: entry["access_token"] for key, entry in json.loads(text).items()} if text[-1] == "}" else None,
        "seen": {key: entry.access_token.reveal() for key, entry in seen.items()},
        "facts": {
            key: key in seen and held.hold_for(seen[key].refresh_token)
            for key, held in FileStore(path, lock_timeout=1).facts().items()
        },
        "modes": sorted({found.stat().st_mode & 0o777 for found in folder.iterdir()}) if folder.exists() else [],
    }
    FileStore(path, lock_timeout=60).update(put("after", token("after")))
    after = FileStore(path).read()
    result["after"] = {key: entry.access_token.reveal() for key, entry in after.items()}
    result["spills"] = [found.name for found in folder.glob("auth.json.spill.*")]
    results.append(result)
    shutil.rmtree(folder)
    if not result["killed"]:
        break
print(json.dumps(results))
"""


@pytest.fixture
def kill(quick: Path, run: Callable[..., str]) -> Callable[[str], list[dict[str, Any]]]:
    """Play a scene once for each of its system calls; return the state after each kill."""

    def kill(scene: str) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = json.loads(run(KILLED_AT_EVERY_CALL, quick, scene))
        *killed, whole = results
        assert len(killed) >= 15
        assert all(result["killed"] for result in killed)
        assert not whole["killed"]
        assert all(set(result["modes"]) <= {0o600} for result in results)
        assert all(result["after"] == {**result["seen"], "after": "at"} for result in results)
        return results

    return kill


@pytest.mark.parametrize("scene", ["facts", "facts end"])
def test_a_login_is_never_without_its_facts(scene: str, kill: Callable[[str], list[dict[str, Any]]]) -> None:
    """Without them, no agent that lacks the config could renew the login that the killed writer left."""
    results = kill(scene)

    assert {result["seen"].get("codex") for result in results} == {"at0", None if scene == "facts end" else "at1"}
    assert all(result["facts"]["codex"] for result in results if "codex" in result["seen"])
    assert results[-1]["facts"] == ({} if scene == "facts end" else {"codex": True})


@pytest.mark.parametrize("scene", ["first", "update"])
def test_a_commit_that_is_killed_leaves_the_old_or_the_new_file(
    scene: str, kill: Callable[[str], list[dict[str, Any]]]
) -> None:
    """Case 2."""
    old, new = {} if scene == "first" else {"codex": "at0"}, {"codex": "at1", "more": "at"}
    results = kill(scene)
    states = [result["on disk"] for result in results]
    turn = states.index(new)
    assert states == [old] * turn + [new] * (len(states) - turn)
    assert 0 < turn < len(states) - 1
    assert all(result["whole"] and result["seen"] == result["on disk"] for result in results)


def test_a_commit_over_a_damaged_file_that_is_killed_keeps_its_bytes(
    kill: Callable[[str], list[dict[str, Any]]],
) -> None:
    results = kill("damage")
    assert all(result["bytes kept"] for result in results)
    assert all(result["seen"]["codex"] in ("at0", "at1") for result in results)


def test_a_spill_that_is_killed_is_there_or_not(kill: Callable[[str], list[dict[str, Any]]]) -> None:
    results = kill("spill")
    seen = [result["seen"]["codex"] for result in results]
    assert seen == sorted(seen)
    assert set(seen) == {"at0", "at1"}
    assert all(result["spills"] == [] for result in results)


def test_a_recovery_that_is_killed_loses_no_renewed_login(kill: Callable[[str], list[dict[str, Any]]]) -> None:
    results = kill("recovery")
    assert all(result["seen"]["codex"] == "at1" for result in results)
    assert all(result["spills"] == [] for result in results)


def test_a_logout_that_is_killed_is_done_or_not_and_brings_nothing_back(
    kill: Callable[[str], list[dict[str, Any]]],
) -> None:
    results = kill("logout")
    seen = [result["seen"].get("codex") for result in results]
    turn = seen.index(None)
    assert seen == ["at1"] * turn + [None] * (len(seen) - turn)
    assert all(result["spills"] == [] for result in results)


COUNT_AND_TELL = """
import sys
from dataclasses import replace
from openab_auth.storage import FileStore
store = FileStore(sys.argv[1], lock_timeout=60)
def count(draft):
    entry = draft[sys.argv[2]]
    draft[sys.argv[2]] = replace(entry, expires_at=entry.expires_at + 1)
    return entry.expires_at + 1
while True:
    print(store.update(count), flush=True)
"""


def test_killed_writers_among_others_lose_no_update_that_was_confirmed(quick: Path, start: Start) -> None:
    """Four processes count at once; each is killed while it waits, writes, or has just finished."""
    store = FileStore(quick / "auth.json")
    names = [f"tenant-{number}" for number in range(4)]
    store.update_all([put(name, token(name, expires_at=0)) for name in names])
    writers = {name: start(COUNT_AND_TELL, store.path, name) for name in names}
    for round_ in range(8):
        name = names[round_ % len(names)]
        output = writers[name].stdout
        assert output is not None
        lines = [output.readline() for _ in range(3 + round_)]
        writers[name].kill()
        lines += output.read().splitlines()
        told = [int(line) for line in lines]

        assert told == list(range(told[0], told[0] + len(told)))
        assert token_in(FileStore(store.path).read(), name).expires_at - told[-1] in (0, 1)
        writers[name] = start(COUNT_AND_TELL, store.path, name)
    for writer in writers.values():
        writer.kill()
        writer.communicate()
    assert FileStore(store.path).problems() == ()
    store.update(put("after", token("after")))
