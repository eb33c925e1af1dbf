"""`openab-auth store new-key`, and words that do not belong to an action of `store`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage.postgres.sealed.keys import StoreKeys

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_it_prints_a_key_that_a_store_takes(run: Run) -> None:
    done = run("store", "new-key")

    assert done.returncode == 0
    assert StoreKeys.parse(["a=env:KEY"], {"KEY": done.stdout}).first == "a"
    assert "[store] keys" in done.stderr
    assert done.stdout.strip() not in done.stderr


def test_json_has_the_key_alone(call: Run) -> None:
    first, second = (call("store", "new-key", "--json") for _ in range(2))

    assert json.loads(first.stdout).keys() == {"key"}
    assert first.stdout != second.stdout
    assert first.stderr == ""


def test_it_needs_no_store_and_no_config(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text("[store")

    assert call("store", "new-key", env={"OPENAB_AUTH_STORE": "postgresql:///nowhere"}).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("new-key", "a"),
        ("init", "a"),
        ("copy",),
        ("copy", "a"),
        ("copy", "a", "b", "c"),
        ("rekey", "--grant", "role"),
        ("init", "--keep-source"),
        ("open",),
        (),
    ],
)
def test_words_of_another_action_are_wrong_usage(call: Run, words: tuple[str, ...]) -> None:
    assert call("store", *words).returncode == 2
