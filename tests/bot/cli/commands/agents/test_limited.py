"""`limited`: record that a vendor limits an account, in seconds or as a date; `status` shows it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openab_auth.storage import REQUESTS, FileStore, Secret, SeenThread, ThreadChoices, TokenEntry, UserId

Run = Callable[..., "subprocess.CompletedProcess[str]"]
UNTIL = int(time.time()) + 3600
LOGIN = TokenEntry(Secret("the-token"), Secret("r"), UNTIL, "http://127.0.0.1:9/token", "codex")


@pytest.fixture
def store(home: Path) -> FileStore:
    path = home / ".openab/agent/auth.json"
    path.parent.mkdir(parents=True, mode=0o700)
    store = FileStore(path)
    store.update(lambda draft: draft.update({"codex": LOGIN, "codex@team": LOGIN}))
    return store


def limits(call: Run) -> dict[str, object]:
    status = json.loads(call("status", "--json").stdout)
    return {login["tenant"]: login.get("limited_until") for login in status["logins"]}


@pytest.mark.parametrize("until", [str(UNTIL), datetime.fromtimestamp(UNTIL, UTC).isoformat()], ids=["seconds", "date"])
def test_a_limited_account_is_shown_by_status(until: str, call: Run, store: FileStore) -> None:
    done = call("limited", "codex@team", "--until", until, "--json")

    assert json.loads(done.stdout) == {"login": "codex@team", "thread": None, "state": "limited"}
    assert limits(call) == {"codex": None, "codex@team": UNTIL}
    assert "limited until" in call("status").stdout


def test_a_time_in_the_past_ends_the_limit(call: Run, store: FileStore) -> None:
    call("limited", "codex", "--until", UNTIL)

    assert json.loads(call("limited", "codex", "--until", "1", "--json").stdout)["state"] == "free"
    assert limits(call) == {"codex": None, "codex@team": None}


def test_in_a_thread_the_account_of_the_thread_is_limited(call: Run, store: FileStore) -> None:
    chosen = ThreadChoices({"codex": "team"})
    store.update(lambda draft: draft.threads.update({"thread:7": SeenThread(1, 700, 70, UserId(41))}))
    store.update(lambda draft: draft.threads.update({"choice:7": chosen}))

    done = call("limited", "codex", "--until", UNTIL, "--thread", 7, "--json")

    assert json.loads(done.stdout) == {"login": "codex@team", "thread": "7", "state": "limited"}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["codex", "--until", "tomorrow"], 2),
        (["codex", "--until", "9" * 30], 2),
        (["codex"], 2),
        (["claude", "--until", str(UNTIL)], 3),
    ],
)
def test_what_cannot_be_recorded_is_refused(words: list[str], status: int, call: Run, store: FileStore) -> None:
    assert call("limited", *words).returncode == status
    assert not store.records(REQUESTS)
