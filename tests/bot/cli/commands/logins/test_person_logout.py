"""`logout --user ID`: JSON, text and exit statuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Note, Secret, TokenEntry, UserId

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def store_of(home: Path) -> FileStore:
    return FileStore(home / ".openab/agent/auth.json")


def write_logins(home: Path, *tenants: str) -> None:
    made = {name: TokenEntry(Secret("at"), Secret("rt"), 1, "http://127.0.0.1:9/token", name) for name in tenants}
    store_of(home).update(lambda draft: draft.update(made))


def test_it_ends_the_logins_of_the_person_alone(call: Run, home: Path) -> None:
    write_logins(home, "codex", "codex@u100", "codex@u200")

    done = call("logout", "--user", "100", "--json")

    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["user"] == "100"
    assert report["logins"] == [{"tenant": "codex@u100", "revoked": False, "removed": True, "shared_with": []}]
    assert set(store_of(home).read()) == {"codex", "codex@u200"}
    again = call("logout", "--user", "100", "--json")
    assert again.returncode == 3
    assert json.loads(again.stderr)["error"]["code"] == "not_logged_in"


def test_it_says_in_text_what_has_ended(call: Run, home: Path) -> None:
    write_logins(home, "codex@u100")

    done = call("logout", "--user", "100")

    assert (done.returncode, done.stdout) == (0, "codex@u100: removed here, not revoked at the vendor.\n")


def test_it_names_the_shared_logins_that_the_person_made(call: Run, home: Path) -> None:
    write_logins(home, "codex@team", "codex@u100")
    store_of(home).update(lambda draft: draft.notes.__setitem__("codex@team", Note(logged_in_by=UserId(100))))

    done = call("logout", "--user", "100")

    assert done.stdout.splitlines()[1:] == [
        "Shared logins that they made stay: codex@team. To end one, use `openab-auth logout TENANT`."
    ]
    again = call("logout", "--user", "100")
    assert again.returncode == 3
    assert "the shared logins that they made are codex@team" in again.stderr


def test_own_account_of_a_named_person_is_ended_alone(call: Run, home: Path) -> None:
    write_logins(home, "codex", "codex@u100")

    done = call("logout", "codex@me", "--user", "100", "--local")

    assert done.stdout == "codex@u100: removed here, not revoked at the vendor.\n"
    assert set(store_of(home).read()) == {"codex"}


@pytest.mark.parametrize("words", [(), ("codex", "--revoke"), ("--user", "1", "--revoke", "--local")])
def test_words_that_contradict_each_other_change_nothing(call: Run, home: Path, words: tuple[str, ...]) -> None:
    write_logins(home, "codex")

    done = call("logout", *words)

    assert done.returncode == 2
    assert set(store_of(home).read()) == {"codex"}
