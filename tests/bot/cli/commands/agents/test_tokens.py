"""`token` and `refresh`: their output, and the exit status if there is no token."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.cli.written_logins import CANARY, write_login

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_valid_token_is_printed_and_nothing_else(run: Run, home: Path) -> None:
    write_login(home)

    done = run("token", "codex")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{CANARY}-access\n", "")


def test_a_vendors_name_finds_its_tenant(call: Run, home: Path) -> None:
    write_login(home, "anthropic-oauth")

    assert call("token", "claude").stdout == f"{CANARY}-access\n"
    assert call("token", "anthropic-oauth").stdout == f"{CANARY}-access\n"


def test_nobody_logged_in_is_status_3(call: Run) -> None:
    done = call("token", "codex")

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("openab-auth: nobody is logged in to codex; ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [("token", "claude-code"), ("refresh", "claude-code"), ("exec", "claude-code", "--", "x")]
)
def test_a_login_that_the_vendors_own_program_keeps_is_explained(words: tuple[str, ...], call: Run) -> None:
    done = call(*words)

    assert done.returncode == 3
    assert "there is no token of Claude Code here, because its own program keeps the login" in done.stderr
    assert "start claude itself" in done.stderr


def test_with_json_an_error_is_one_object_on_standard_error(call: Run) -> None:
    done = call("token", "codex", "--json")

    assert done.stdout == ""
    assert json.loads(done.stderr)["error"].keys() == {"code", "message", "hint"}


def test_a_vendor_that_is_down_is_status_5_and_the_login_is_kept(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(
        "[vendors.lab]\nauthorize_url = 'http://127.0.0.1:9/auth'\ntoken_url = 'http://127.0.0.1:9/token'\n"
        "client_id = 'lab'\nredirect_uri = 'http://localhost:1455/auth/callback'\n"
    )
    store = write_login(home, "lab", seconds=-1)
    before = store.read_bytes()

    done = call("token", "lab")

    assert done.returncode == 5, done.stderr
    assert store.read_bytes() == before


def test_an_unreadable_store_is_status_6_and_is_not_touched(call: Run, home: Path) -> None:
    store = write_login(home)
    store.write_bytes(b'{"codex": "\xff\xfe"}')

    assert call("token", "codex").returncode == 6
    assert call("login", "codex").returncode == 6
    assert store.read_bytes() == b'{"codex": "\xff\xfe"}'


def test_refreshed_is_false_when_another_token_was_stored_already(call: Run, home: Path) -> None:
    store = write_login(home)
    entry = {"client_id": "x", "token_response": {"access_token": f"{CANARY}-mcp", "token_type": "bearer"}}
    store.write_text(json.dumps({"linear": entry}))

    done = call("refresh", "linear", "--rejected", "--json", text="an-older-one\n")

    assert json.loads(done.stdout) == {"tenant": "linear", "expires_at": 2**64 - 1, "refreshed": False}
