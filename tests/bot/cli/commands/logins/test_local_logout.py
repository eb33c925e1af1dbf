"""`logout --local`: the login is removed here, and no request is sent."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.cli.written_logins import write_login

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_logout_local_removes_the_login_without_a_request(call: Run, home: Path) -> None:
    write_login(home)

    done = call("logout", "codex", "--local", "--json")

    assert json.loads(done.stdout) == {"tenant": "codex", "revoked": False, "removed": True}
    assert call("token", "codex").returncode == 3


@pytest.mark.parametrize("as_json", [False, True])
def test_a_key_of_another_program_moves_nothing_on_the_terminal(call: Run, home: Path, as_json: bool) -> None:
    key = "\x1b]0;pwn\x07\x7f\u202e\nlab: revoked"
    write_login(home, key)
    options = ["--json"] if as_json else []

    done = [call(*words, *options) for words in (("status",), ("token", "lab"), ("refresh", key), ("logout", key))]

    assert all(one.stdout.replace("\n", "").isprintable() and one.stderr.strip().isprintable() for one in done)
    assert [len(one.stdout.splitlines()) for one in done[2:]] == [0, 1]
    if as_json:
        assert json.loads(done[3].stdout)["tenant"] == key
