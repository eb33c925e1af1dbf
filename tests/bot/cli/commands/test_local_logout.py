"""`logout --local`: the login is removed here, and no request is sent."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.bot.cli.written_logins import write_login

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_logout_local_removes_the_login_without_a_request(call: Run, home: Path) -> None:
    write_login(home)

    done = call("logout", "codex", "--local", "--json")

    assert json.loads(done.stdout) == {"tenant": "codex", "revoked": False, "removed": True}
    assert call("token", "codex").returncode == 3
