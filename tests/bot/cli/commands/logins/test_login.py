"""`login`, `complete` and `cancel`: the two steps at the console, and the mistakes that stop them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_login_writes_a_pending_login_and_prints_its_link(call: Run, home: Path) -> None:
    done = call("login", "codex", "--json")

    result = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert result.keys() == {"vendor", "tenant", "flow", "url", "user_code", "expires_at"}
    assert result["url"].startswith("https://auth.openai.com/oauth/authorize?")
    entries = json.loads((home / ".openab/agent/auth.json").read_text())
    assert entries["pending:codex:0"]["verifier"] not in done.stdout


def test_cancel_forgets_the_pending_login(call: Run, home: Path) -> None:
    call("login", "codex")

    done = call("cancel", "codex", "--json")

    assert json.loads(done.stdout) == {"cancelled": True}
    assert json.loads((home / ".openab/agent/auth.json").read_text()) == {}
    assert call("cancel", "codex").returncode == 8


@pytest.mark.parametrize("paste", ["", "just-a-code", "http://localhost:1455/auth/callback?code=x&state=foreign"])
def test_a_refused_paste_is_status_7_and_keeps_the_login_waiting(paste: str, call: Run, home: Path) -> None:
    call("login", "codex")

    done = call("complete", "codex", text=paste)

    assert done.returncode == 7
    assert "pending:codex:0" in (home / ".openab/agent/auth.json").read_text()


def test_no_rights_on_the_stores_folder_is_status_6(home: Path) -> None:
    folder = home / "closed"
    folder.mkdir(mode=0o500)
    home.chmod(0o755)
    # Root without its capabilities. Another user could not enter a private folder that this checkout may lie in.
    as_owner = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
    openab_auth = Path(sys.executable).with_name("openab-auth")

    done = subprocess.run(
        [*as_owner, openab_auth, "login", "codex", "--store", folder / "auth.json"],
        cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 6, done.stderr
    assert str(folder) in done.stderr
