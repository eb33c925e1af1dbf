"""The command line's contract: what it prints, where, and with which exit status."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.oauth.vendors import Catalogue

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary-3f9c"


def write_login(home: Path, tenant: str = "codex", *, seconds: int = 3600) -> Path:
    """A login whose access token lives for `seconds`; gives the store's path."""
    store = home / ".openab" / "agent" / "auth.json"
    store.parent.mkdir(parents=True)
    entry = {
        "access_token": f"{CANARY}-access",
        "refresh_token": f"{CANARY}-refresh",
        "expires_at": int(time.time()) + seconds,
        "token_endpoint": "http://127.0.0.1:9/token",
        "provider": tenant,
    }
    store.write_text(json.dumps({tenant: entry}))
    store.chmod(0o600)
    return store


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


def test_with_json_an_error_is_one_object_on_standard_error(call: Run) -> None:
    done = call("token", "codex", "--json")

    assert done.stdout == ""
    assert json.loads(done.stderr)["error"].keys() == {"code", "message", "hint"}


@pytest.mark.parametrize(
    "words", [(), ("fly",), ("token",), ("token", "a", "b"), ("login", "codex", "--user", "x"), ("login", "nobody")]
)
def test_wrong_usage_is_status_2(words: tuple[str, ...], call: Run) -> None:
    done = call(*words)

    assert done.returncode == 2
    assert done.stderr.startswith("openab-auth: ")
    assert json.loads(call(*words, "--json").stderr)["error"]["message"]


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("[vendors.lab]\ntoken_ulr = 'https://x.example/token'\n", "vendors.lab.token_ulr"),
        ("[store]\npath = '${NOT_SET_ANYWHERE}'\n", "NOT_SET_ANYWHERE"),
        ("[discord\n", "config.toml"),
        ("[discrod]\n", "discrod"),
    ],
)
def test_a_wrong_config_is_status_2_and_names_the_mistake(config: str, named: str, call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(config)

    done = call("status")

    assert done.returncode == 2
    assert named in done.stderr


def test_a_config_that_is_named_and_not_there_is_status_2(call: Run) -> None:
    done = call("status", "--config", "nowhere.toml")

    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


def test_run_without_a_token_says_what_to_set(run: Run) -> None:
    done = run("run")

    assert done.returncode == 2
    assert "DISCORD_TOKEN" in done.stderr


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
    assert call("cancel", "codex").returncode == 7


@pytest.mark.parametrize("paste", ["", "just-a-code", "http://localhost:1455/auth/callback?code=x&state=foreign"])
def test_a_refused_paste_is_status_7_and_keeps_the_login_waiting(paste: str, call: Run, home: Path) -> None:
    call("login", "codex")

    done = call("complete", "codex", text=paste)

    assert done.returncode == 7
    assert "pending:codex:0" in (home / ".openab/agent/auth.json").read_text()


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


def test_status_shows_a_token_that_the_environment_holds_and_stores_nothing(call: Run, home: Path) -> None:
    env = {"CLAUDE_CODE_OAUTH_TOKEN": CANARY, "MIMO_API_KEY": CANARY}

    text, as_json = call("status", env=env), call("status", "--json", env=env)

    held = {login["tenant"]: login for login in json.loads(as_json.stdout)["logins"]}
    assert held["anthropic-oauth"]["kind"] == held["mimocode"]["kind"] == "env"
    assert held["mimocode"]["shadowed_by"] == "MIMO_API_KEY"
    assert "anthropic-oauth: in the environment, $CLAUDE_CODE_OAUTH_TOKEN" in text.stdout
    assert CANARY not in text.stdout + as_json.stdout
    assert not (home / ".openab").exists()


def test_logout_local_removes_the_login_without_a_request(call: Run, home: Path) -> None:
    write_login(home)

    done = call("logout", "codex", "--local", "--json")

    assert json.loads(done.stdout) == {"tenant": "codex", "revoked": False, "removed": True}
    assert call("token", "codex").returncode == 3


def test_vendors_lists_the_shipped_table(call: Run) -> None:
    rows = json.loads(call("vendors", "--json").stdout)["vendors"]

    assert {"claude", "codex"} <= {row["vendor"] for row in rows}
    assert rows[0].keys() == {"vendor", "title", "tenant", "flow", "risk", "enabled", "shadowed_by"}


def test_vendors_says_what_to_know_before_one_logs_in(call: Run) -> None:
    text = call("vendors").stdout

    claude = Catalogue.shipped({}).get("claude")
    assert claude.note in text
    assert "facts from its tools' source" in text


def test_refreshed_is_false_when_another_token_was_stored_already(call: Run, home: Path) -> None:
    store = write_login(home)
    entry = {"client_id": "x", "token_response": {"access_token": f"{CANARY}-mcp", "token_type": "bearer"}}
    store.write_text(json.dumps({"linear": entry}))

    done = call("refresh", "linear", "--rejected", "--json", text="an-older-one\n")

    assert json.loads(done.stdout) == {"tenant": "linear", "expires_at": 2**64 - 1, "refreshed": False}


def test_status_needs_no_http_client_and_no_event_loop(home: Path) -> None:
    code = (
        "from openab_auth.bot.cli import dispatch, sys; dispatch.run(['status']);"
        "print({'httpx2', 'authlib', 'asyncio'} & {*sys.modules})"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env={"HOME": str(home)}, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "set()"


def test_a_port_that_is_taken_is_wrong_usage(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("playground", "--port", taken.getsockname()[1])

    assert done.returncode == 2
    assert "choose another" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_playground_takes_no_store_of_the_operators(call: Run) -> None:
    assert call("playground", "--store", "auth.json").returncode == 2


def test_a_variable_that_shadows_a_login_is_shown(call: Run) -> None:
    rows = json.loads(call("vendors", "--json", env={"OPENAI_API_KEY": CANARY}).stdout)["vendors"]

    assert {row["vendor"]: row["shadowed_by"] for row in rows}["codex"] == "OPENAI_API_KEY"


def test_no_rights_on_the_stores_folder_is_status_6(home: Path) -> None:
    folder = home / "closed"
    folder.mkdir(mode=0o500)
    home.chmod(0o755)
    another_user = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    openab_auth = Path(sys.executable).with_name("openab-auth")

    done = subprocess.run(
        [*another_user, openab_auth, "login", "codex", "--store", folder / "auth.json"],
        cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 6, done.stderr
    assert str(folder) in done.stderr


def test_a_secret_is_obscured_for_the_config_and_revealed_again(run: Run) -> None:
    obscured = run("obscure", "--json", text=f"{CANARY}\n")
    revealed = run("reveal", text=json.loads(obscured.stdout)["obscured"])

    assert CANARY not in obscured.stdout
    assert revealed.stdout == f"{CANARY}\n"
    assert "no encryption" in run("obscure", text="x\n").stderr
    assert run("reveal", text="x\n").returncode == 2


def test_status_prints_nothing_that_a_forged_key_could_do_to_a_terminal(call: Run, home: Path) -> None:
    write_login(home, "evil\x1b[31m\nclaude: ok \u202e")

    done = call("status")

    assert done.returncode == 0
    assert "evil[31m claude: ok" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
