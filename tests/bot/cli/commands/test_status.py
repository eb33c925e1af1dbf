"""`status`: every login by its state, no secret, and nothing that a terminal would act on."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bot.cli.written_logins import CANARY, write_login

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_status_says_everything_but_a_secret(call: Run, home: Path) -> None:
    write_login(home)
    call("login", "codex", "--user", "42")

    text, as_json = call("status"), call("status", "--json")

    result = json.loads(as_json.stdout)
    assert result["logins"][0] | {"state": "ok"} == result["logins"][0]
    assert result["pending"][0]["user"] == "42"
    assert result.keys() == {"store", "logins", "pending", "problems"}
    for output in (text.stdout, text.stderr, as_json.stdout, as_json.stderr):
        assert CANARY not in output


def test_status_shows_a_token_of_the_environment_and_stores_nothing(call: Run, home: Path) -> None:
    env = {"CLAUDE_CODE_OAUTH_TOKEN": CANARY, "MIMO_API_KEY": CANARY}

    text, as_json = call("status", env=env), call("status", "--json", env=env)

    held = {login["tenant"]: login for login in json.loads(as_json.stdout)["logins"]}
    assert held["anthropic-oauth"]["kind"] == held["mimocode"]["kind"] == "env"
    assert held["mimocode"]["shadowed_by"] == "MIMO_API_KEY"
    assert "anthropic-oauth: in the environment, $CLAUDE_CODE_OAUTH_TOKEN" in text.stdout
    assert CANARY not in text.stdout + as_json.stdout
    assert not (home / ".openab").exists()


def test_status_needs_no_http_client_and_no_event_loop(home: Path) -> None:
    code = (
        "from openab_auth.bot.cli import dispatch, sys; dispatch.run(['status']);"
        "print({'httpx2', 'authlib', 'asyncio'} & {*sys.modules})"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env={"HOME": str(home)}, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "set()"


def test_status_prints_nothing_that_a_forged_key_could_do_to_a_terminal(call: Run, home: Path) -> None:
    write_login(home, "evil\x1b[31m\nclaude: ok \u202e")

    done = call("status")

    assert done.returncode == 0
    assert "evil[31m claude: ok" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
