"""A PostgreSQL store on the command line: wrong settings are wrong usage, and no message shows a password or a key."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary-password"
WRONG_KEY = base64.b64encode(b"canary" * 5).decode()
URL = "postgresql://127.0.0.1:1/x"


@pytest.mark.parametrize("command", [("token", "codex"), ("exec", "codex", "--", "true"), ("status",), ("vendors",)])
@pytest.mark.parametrize(
    ("store", "config", "code"),
    [
        (f"postgresql://a:{CANARY}@127.0.0.1:1/x", "", "config"),
        (URL, "", "store_settings"),
        (URL, f'keys = ["{WRONG_KEY}"]', "store_key"),
        (URL, 'keys = ["a=env:KEY"]', "store_key"),
        ("postgresql://db.example.com/x", "plaintext = true", "store_settings"),
        (f"postgresql:///x?unknown={CANARY}", "plaintext = true", "store_settings"),
    ],
)
def test_settings_that_are_wrong_have_status_2(
    run: Run, home: Path, command: tuple[str, ...], store: str, config: str, code: str
) -> None:
    (home / ".config/openab-auth/config.toml").write_text(f"[store]\n{config}\n")

    words, child = (command[:2], command[2:]) if command[0] == "exec" else (command, ())
    done = run(*words, "--store", store, "--json", *child, env={"KEY": WRONG_KEY})

    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["error"]["code"] == code
    assert CANARY not in done.stderr
    assert WRONG_KEY not in done.stderr


@pytest.mark.parametrize("place", ["config", "environment"])
def test_doctor_names_the_setting_and_its_repair(run: Run, home: Path, place: str) -> None:
    url = f"postgresql://a:{CANARY}@127.0.0.1:1/x"
    config = f'url = "{url}"' if place == "config" else ""
    (home / ".config/openab-auth/config.toml").write_text(f"[store]\n{config}\n")

    done = run("doctor", "--for", "agent", "--json", env={"OPENAB_AUTH_STORE": url} if place == "environment" else {})

    (store,) = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "store"]
    assert (done.returncode, store["ok"]) == (1, False)
    assert "store new-key" in store["hint"]
    assert CANARY not in done.stdout + done.stderr
