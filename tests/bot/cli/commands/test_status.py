"""`status`: every login by its state, no secret, and nothing that a terminal would act on."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.cli.written_logins import CANARY, write_login

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# By a status: of the standard library (pathlib of 3.13 imports grp itself), of other projects, and of ours.
NEVER_IMPORTED = {
    *(
        "asyncio",
        *(() if sys.version_info >= (3, 13) else ("grp",)),
        "hashlib",
        "hmac",
        "logging",
        "random",
        "shlex",
        "shutil",
        "signal",
        "threading",
    ),
    *("authlib", "discord", "httpx2"),
    *("openab_auth.storage.commit.batch", "openab_auth.storage.commit.draft", "openab_auth.storage.store"),
    *("openab_auth.storage.file.store", "openab_auth.storage.file.locks"),
    "openab_auth.storage.file.leftovers.ended_logins",
    *("openab_auth.oauth.client.oauth_client", "openab_auth.oauth.flows.login_context", "openab_auth.oauth.paste"),
    *("openab_auth.bot.cli.signals", "openab_auth.oauth.runtime"),
}


def test_status_says_everything_but_a_secret(call: Run, home: Path) -> None:
    write_login(home)
    call("login", "codex", "--user", "42")

    text, as_json = call("status"), call("status", "--json")

    result = json.loads(as_json.stdout)
    assert result["logins"][0] | {"state": "ok"} == result["logins"][0]
    assert result["pending"][0]["user"] == "42"
    assert "pending: codex for 42, until " in text.stdout
    assert result.keys() == {"store", "logins", "pending", "problems"}
    for output in (text.stdout, text.stderr, as_json.stdout, as_json.stderr):
        assert CANARY not in output


def test_status_says_where_a_pending_login_without_a_discord_user_began(call: Run) -> None:
    call("login", "codex")

    assert "pending: codex at the console, until " in call("status").stdout


def test_status_shows_a_token_of_the_environment_and_stores_nothing(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text('[auth]\naccept_risk = ["claude"]\n')
    env = {"CLAUDE_CODE_OAUTH_TOKEN": CANARY, "MIMO_API_KEY": CANARY}

    text, as_json = call("status", env=env), call("status", "--json", env=env)

    held = {login["tenant"]: login for login in json.loads(as_json.stdout)["logins"]}
    assert held["anthropic-oauth"]["kind"] == held["mimocode"]["kind"] == "env"
    assert held["mimocode"]["shadowed_by"] == "MIMO_API_KEY"
    assert "anthropic-oauth: in the environment, $CLAUDE_CODE_OAUTH_TOKEN" in text.stdout
    assert CANARY not in text.stdout + as_json.stdout
    assert not (home / ".openab").exists()


@pytest.mark.parametrize(("server", "most"), [(False, 112), (True, 122)], ids=["vendors alone", "with a server"])
@pytest.mark.parametrize("words", [["status"], ["status", "--json"]], ids=" ".join)
def test_status_imports_little(home: Path, words: list[str], server: bool, most: int) -> None:
    """A status takes at most four times the bare interpreter; each module and each dataclass costs a part of that."""
    _write_config(home, server=server)
    modules = _modules_after(home, *words)

    assert not NEVER_IMPORTED & modules
    assert ("openab_auth.oauth.mcp" in modules) == server
    assert len([name for name in modules if name.startswith("openab_auth")]) <= most


def test_vendors_imports_less_than_status(home: Path) -> None:
    _write_config(home, server=True)
    modules = _modules_after(home, "vendors")

    assert not NEVER_IMPORTED & modules
    assert "openab_auth.oauth.logins.status" not in modules
    assert "openab_auth.oauth.mcp" not in modules


def test_the_collector_is_kept_from_modules_and_then_works_again(home: Path) -> None:
    code = (
        "import gc, sys; from openab_auth.bot.cli import main; main(); print(gc.isenabled(), gc.get_freeze_count() > 0)"
    )

    assert _run(home, code, "status")[-1] == "True True"


def _write_config(home: Path, *, server: bool) -> None:
    """Write a config and a login at a vendor; with `server`, also a server and a login at it."""
    store, config = write_login(home), home / ".config" / "openab-auth" / "config.toml"
    table = '[mcp.linear]\nurl = "https://mcp.example.com"\n' if server else ""
    config.write_text(f'[auth]\nvendors = ["codex"]\n{table}')
    if server:
        reply = {"access_token": CANARY, "token_type": "bearer", "expires_in": 3600}
        entry = {
            "client_id": "ours",
            "token_response": reply,
            "granted_scopes": [],
            "token_received_at": int(time.time()),
        }
        store.write_text(json.dumps({**json.loads(store.read_text()), "linear": entry}))


def _modules_after(home: Path, *words: str) -> set[str]:
    code = "import sys; from openab_auth.bot.cli import main; status = main(); print(*sys.modules); sys.exit(status)"
    return set(_run(home, code, *words)[-1].split())


def _run(home: Path, code: str, *words: str) -> list[str]:
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=home, env={"HOME": str(home)}, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_status_prints_nothing_that_a_forged_key_could_do_to_a_terminal(call: Run, home: Path) -> None:
    write_login(home, "evil\x1b[31m\nclaude: ok \u202e")

    done = call("status")

    assert done.returncode == 0
    assert "evil[31m claude: ok" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
