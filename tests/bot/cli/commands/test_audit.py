"""The commands that change a login or give a token have a line in the audit log, and `audit` shows the lines."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary0123456789canary"


@pytest.fixture
def log(home: Path) -> Path:
    return home / ".openab/agent/auth.json.audit.jsonl"


@pytest.fixture
def store(home: Path) -> Path:
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    entry = {
        "access_token": f"at-{CANARY}",
        "refresh_token": f"rt-{CANARY}",
        "expires_at": int(time.time()) + 3600,
        "token_endpoint": "https://127.0.0.1:9/token",
        "provider": "codex",
    }
    store.write_text(json.dumps({"codex": entry}))
    return store


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_each_command_has_a_line_with_the_real_uid(call: Run, store: Path, log: Path) -> None:
    call("login", "codex", "--user", "7")
    call("complete", "codex", f"http://localhost:1455/auth/callback?code={CANARY}&state=x", "--user", "7")
    call("cancel", "codex", "--user", "7")
    call("cancel", "codex", "--user", "7")
    call("-v", "token", "codex", "--thread", "9")
    call("refresh", "codex")
    call("use", "codex@work", "--thread", "9")
    call("mcp", "add", "linear", "https://mcp.linear.app/mcp")
    call("key", "add", "ci", "--tenant", "codex")
    call("key", "revoke", "ci")
    call("logout", "codex", "--local")
    call("logout", "--user", "7")

    found = [(line["event"], line["account"], line["user"], line["outcome"]) for line in lines(log)]
    assert found == [
        ("login", "codex", "7", "ok"),
        ("complete", "codex", "7", "paste_refused:foreign_state"),
        ("cancel", "codex", "7", "ok"),
        ("cancel", None, "7", "no_pending_login"),
        ("token", "codex", None, "ok"),
        ("refresh", "codex", None, "vendor_unavailable"),
        ("use", "codex@work", "0", "ok"),
        ("mcp_add", None, "0", "server_not_added"),
        ("key_add", None, "0", "ok"),
        ("key_revoke", None, "0", "ok"),
        ("logout", "codex", "0", "ok"),
        ("end_person", None, "0", "not_logged_in"),
    ]
    assert {(line["via"], line["uid"]) for line in lines(log)} == {("cli", os.getuid())}
    assert [line["thread"] for line in lines(log) if line["event"] == "token"] == ["9"]
    assert [line["client"] for line in lines(log) if "client" in line] == ["ci", "ci"]
    assert all(line["duration_ms"] >= 0 for line in lines(log))
    assert CANARY not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("command", ["login", "complete", "cancel", "token", "refresh", "logout"])
def test_what_is_typed_in_the_place_of_a_vendor_is_not_written_down(
    call: Run, store: Path, log: Path, command: str
) -> None:
    """People paste secrets into the wrong field."""
    assert call(command, f"sk-{CANARY}", text="x").returncode != 0

    assert not log.exists() or CANARY not in log.read_text()


def test_a_log_that_cannot_be_written_stops_no_login_and_is_told(call: Run, store: Path, log: Path) -> None:
    log.mkdir()

    begun, token = call("login", "codex"), call("token", "codex")

    assert (begun.returncode, token.returncode) == (0, 0)
    assert "the audit log could not be written" in begun.stderr
    assert not token.stderr


def test_a_token_where_there_is_no_store_makes_no_folder(call: Run, home: Path) -> None:
    assert call("token", "codex").returncode == 3

    assert not (home / ".openab").exists()


def test_verbose_says_what_was_read_and_asked_and_never_a_token(run: Run, store: Path) -> None:
    status, token = run("status", "-v"), run("-v", "token", "codex")
    refused = run("refresh", "codex", "--verbose")

    assert f"config (none); store {store}" in status.stderr
    assert "the token is of codex (shared)" in token.stderr
    assert [json.loads(line)["message"] for line in refused.stderr.splitlines()[:-1]][-1] == "POST request to 127.0.0.1"
    assert CANARY not in status.stderr + token.stderr + refused.stderr
    assert not run("token", "codex").stderr


def write(log: Path, *fields: dict[str, object]) -> None:
    log.parent.mkdir(parents=True)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime())
    log.write_text(
        "".join(json.dumps({"time": now, "via": "discord", "outcome": "ok", **one}) + "\n" for one in fields)
    )


OLD: dict[str, object] = {"time": "2020-01-01T00:00:00.000+00:00", "event": "login", "user": "7", "tenant": "codex"}
LINES: list[dict[str, object]] = [
    {
        "event": "login",
        "user": "7",
        "account": "codex",
        "guild": "1",
        "channel": "2",
        "thread": "3",
        "duration_ms": 1250,
    },
    {"event": "end_person", "user": "8", "person": "7", "logins": ["codex@u7"], "pending": []},
    {"event": "left_out", "user": None, "count": 3, "people": {"7": 2, "9": 1}},
    {"event": "logout", "user": "9", "account": "codex"},
    OLD,
]


def test_the_lines_are_shown_since_some_time_and_about_one_person(call: Run, log: Path) -> None:
    write(log, *LINES)

    everything = json.loads(call("audit", "--json").stdout)
    of_seven = json.loads(call("audit", "--user", "7", "--json").stdout)
    old = json.loads(call("audit", "--since", "5200w", "--json").stdout)

    assert everything["file"] == str(log)
    assert [line["event"] for line in everything["lines"]] == ["login", "end_person", "left_out", "logout"]
    assert [line["event"] for line in of_seven["lines"]] == ["login", "end_person", "left_out"]
    assert [line["account"] for line in old["lines"] if line["event"] == "login"] == ["codex", "codex"]


def test_each_line_is_one_line_of_text_and_none_is_forged(call: Run, log: Path) -> None:
    write(log, *LINES, {"event": "token\n2026-01-01 00:00:00Z", "client": "a\x1b[2J\u202e\nb"})

    shown = call("audit").stdout.splitlines()

    assert len(shown) == 5
    assert shown[0].endswith("account codex user 7 guild 1 channel 2 thread 3 1.2 s")
    assert "person 7 logins codex@u7 pending -" in shown[1]
    assert "count 3 people 7: 2, 9: 1" in shown[2]
    assert all(line.isprintable() for line in shown)


def test_damaged_lines_are_counted_and_an_empty_log_is_said(call: Run, log: Path) -> None:
    empty = call("audit")
    write(log, LINES[0])
    log.write_bytes(log.read_bytes() + b'{"time": "20')
    damaged = call("audit")

    assert empty.stdout == f"no lines in {log}; each host has an audit log of its own\n"
    assert damaged.stderr == "openab-auth: 1 lines are damaged and not shown\n"
    assert len(damaged.stdout.splitlines()) == 1


def test_a_packed_file_that_is_damaged_and_odd_lines_hide_no_other_line(call: Run, log: Path) -> None:
    write(log, LINES[0], {"event": "a", "user": []}, {"event": "b", "duration_ms": 10**400})
    log.with_name(f"{log.name}.1.gz").write_bytes(b"damaged")

    text, about, found = call("audit"), call("audit", "--user", "7"), call("audit", "--json")

    assert [done.returncode for done in (text, about, found)] == [0, 0, 0]
    assert (
        len(text.stdout.splitlines()) == len(about.stdout.splitlines()) == len(json.loads(found.stdout)["lines"]) == 1
    )
    assert "2 lines are damaged" in text.stderr
    assert f"{log.name}.1.gz is damaged" in text.stderr


def test_a_log_that_cannot_be_read_is_status_6(call: Run, log: Path) -> None:
    log.parent.parent.mkdir(parents=True, exist_ok=True)
    log.parent.write_text("a file in the place of the folder")

    done = call("audit")

    assert done.returncode == 6
    assert "cannot be read" in done.stderr
