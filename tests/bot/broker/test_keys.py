"""The command `key`: a key is printed once, and the store keeps only its hash."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import KEYS, FileStore
from tests.bot.broker.running_broker import STORE, store_of

Call = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_key_has_32_random_bytes_and_the_store_keeps_its_hash_alone(call: Call, home: Path) -> None:
    done = call("key", "add", "ci", "--tenant", "claude", "--tenant", "mcp:*", "--json")

    made = json.loads(done.stdout)
    assert made.keys() == {"name", "key"}
    key = made["key"]
    assert key.startswith("oab_")
    assert len(urlsafe_b64decode(key.removeprefix("oab_") + "=")) == 32
    record = store_of(home).records(KEYS)["ci"]
    assert record.sha256 == hashlib.sha256(key.encode()).hexdigest()
    assert record.tenants == ("claude", "mcp:*")
    assert (record.thread, record.expires_at) == (None, None)
    for file in (home / STORE).parent.iterdir():
        assert key not in file.read_text()


def test_without_json_the_key_alone_is_on_standard_output(call: Call) -> None:
    done = call("key", "add", "ci", "--tenant", "claude")

    assert re.fullmatch(r"oab_[\w-]{43}\n", done.stdout)
    assert "not shown again" in done.stderr


def test_two_keys_are_never_the_same(call: Call) -> None:
    keys = {call("key", "add", name, "--tenant", "claude").stdout for name in ("a", "b", "c")}

    assert len(keys) == 3


def test_the_list_shows_everything_but_keys(call: Call) -> None:
    key = call("key", "add", "ci", "--tenant", "claude", "--thread", "7", "--expires", "30d").stdout.strip()
    call("key", "add", "b", "--tenant", "codex@work")

    listed = json.loads(call("key", "list", "--json").stdout)["keys"]
    text = call("key", "list").stdout

    assert [row["name"] for row in listed] == ["b", "ci"]
    assert listed[1].keys() == {"name", "tenants", "thread", "expires_at", "created_at"}
    assert listed[1]["tenants"] == ["claude"]
    assert listed[1]["thread"] == "7"
    assert abs(listed[1]["expires_at"] - time.time() - 30 * 86_400) < 600
    assert "ci: claude in thread 7, until 2" in text
    assert "b: codex@work, no end" in text
    for found in (text, json.dumps(listed)):
        assert key not in found
        assert hashlib.sha256(key.encode()).hexdigest() not in found


def test_a_revoked_key_is_gone(call: Call, home: Path) -> None:
    call("key", "add", "ci", "--tenant", "claude")

    done = call("key", "revoke", "ci", "--json")

    assert json.loads(done.stdout) == {"name": "ci", "revoked": True}
    assert dict(store_of(home).records(KEYS)) == {}
    assert call("key", "revoke", "ci").returncode == 2


def test_a_second_key_of_the_same_name_is_refused_and_the_first_stays(call: Call, home: Path) -> None:
    call("key", "add", "ci", "--tenant", "claude")
    before = store_of(home).records(KEYS)["ci"]

    done = call("key", "add", "ci", "--tenant", "codex", "--json")

    assert done.returncode == 2
    assert json.loads(done.stderr)["error"]["code"] == "key_exists"
    assert store_of(home).records(KEYS)["ci"] == before


@pytest.mark.parametrize(
    "words",
    [
        ("add",),
        ("add", "ci"),
        ("add", "ci", "--tenant", ""),
        ("add", "ci", "--tenant", "a\nb"),
        ("add", "ci", "--tenant", "x" * 257),
        ("add", "-", "--tenant", "claude"),
        ("add", "a b", "--tenant", "claude"),
        ("add", "x" * 65, "--tenant", "claude"),
        ("add", "ci", "--tenant", "claude@me"),
        ("add", "ci", "--tenant", "claude", "--thread", "x"),
        ("add", "ci", "--tenant", "claude", "--expires", "30"),
        ("add", "ci", "--tenant", "claude", "--expires", "0d"),
        ("add", "ci", "--tenant", "claude", "--expires", "-1d"),
        ("list", "ci"),
        ("list", "--tenant", "claude"),
        ("revoke",),
        ("revoke", "ci", "--tenant", "claude"),
        ("show",),
    ],
)
def test_a_wrong_command_is_status_2_and_makes_no_key(call: Call, home: Path, words: tuple[str, ...]) -> None:
    done = call("key", *words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert dict(FileStore(home / STORE).records(KEYS)) == {}


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1w", 604_800)])
def test_a_key_ends_after_its_time(call: Call, home: Path, text: str, seconds: int) -> None:
    call("key", "add", "ci", "--tenant", "claude", "--expires", text)

    record = store_of(home).records(KEYS)["ci"]
    assert record.expires_at is not None
    assert record.expires_at - record.created_at == seconds
