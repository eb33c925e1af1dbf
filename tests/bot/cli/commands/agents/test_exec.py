"""`exec`: the process becomes the command, with each token in the variable that the vendor's tools read."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from tests.support.patience import PATIENCE

Run = Callable[..., "subprocess.CompletedProcess[str]"]
OPENAB_AUTH = Path(sys.executable).with_name("openab-auth")
CANARY = "canary-3f9c"


def write_store(home: Path, *tenants: str, **entries: object) -> Path:
    """Write valid logins at these tenants, with the tenant's name in each token."""
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    logins = {
        tenant: {
            "access_token": f"{CANARY}-{tenant}",
            "refresh_token": "r",
            "expires_at": int(time.time()) + 3600,
            "token_endpoint": "http://127.0.0.1:9/token",
            "provider": tenant,
        }
        for tenant in tenants
    }
    store.write_text(json.dumps(logins | entries))
    store.chmod(0o600)
    return store


def test_each_token_is_in_the_variable_that_its_vendors_tools_read(run: Run, home: Path) -> None:
    server = {"client_id": "x", "token_response": {"access_token": f"{CANARY}-linear", "token_type": "bearer"}}
    write_store(home, "anthropic-oauth", "codex", **{"my-linear.app": server, "mcp:notion": server})

    words = ("claude", "codex", "mcp:my-linear.app", "notion")
    (home / ".config/openab-auth/config.toml").write_text('[mcp.notion]\nurl = "https://mcp.notion.com/mcp"\n')
    done = run("exec", *words, "--", "env", env={"ANTHROPIC_API_KEY": "shadow"})

    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert found["CLAUDE_CODE_OAUTH_TOKEN"] == f"{CANARY}-anthropic-oauth"
    assert found["OPENAI_API_KEY"] == f"{CANARY}-codex"
    assert found["MCP_MY_LINEAR_APP_TOKEN"] == found["MCP_NOTION_TOKEN"] == f"{CANARY}-linear"
    assert "ANTHROPIC_API_KEY" not in found  # Claude's tools would prefer it to the token


def test_the_commands_words_are_its_own(run: Run, home: Path) -> None:
    write_store(home, "codex")

    done = run("exec", "codex", "--", "printf", "%s\\n", "--json", "--store", "--", "a b")

    assert done.stdout == "--json\n--store\n--\na b\n"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -9 $$"), -signal.SIGKILL),
        (("no-such-command-here",), 127),
        (("/etc/hostname",), 126),
        (("/etc",), 126),
    ],
)
def test_the_exit_status_is_the_commands_or_a_shells(
    command: tuple[str, ...], status: int, run: Run, home: Path
) -> None:
    write_store(home, "codex")

    done = run("exec", "codex", "--", *command)

    assert done.returncode == status
    assert done.stderr.startswith("openab-auth: ") is (status in {126, 127})
    assert CANARY not in done.stderr


def test_what_python_ignores_the_command_does_not(run: Run, home: Path) -> None:
    write_store(home, "codex")

    done = run("exec", "codex", "--", "sh", "-c", "yes | head -1 >/dev/null; trap; grep SigIgn /proc/self/status")

    ignored = int(done.stdout.split()[-1], 16)
    assert not ignored & 1 << (signal.SIGPIPE - 1)
    assert not ignored & 1 << (signal.SIGXFSZ - 1)


async def test_signals_go_to_the_command_which_is_the_same_process(home: Path) -> None:
    write_store(home, "codex")
    script = "trap 'echo stopped; exit 3' TERM; echo $$; while :; do sleep 0.05; done"
    process = await asyncio.create_subprocess_exec(
        OPENAB_AUTH, "exec", "codex", "--", "sh", "-c", script,
        cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    number = int(await asyncio.wait_for(process.stdout.readline(), PATIENCE))

    process.send_signal(signal.SIGTERM)
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert number == process.pid
    assert (out, process.returncode) == (b"stopped\n", 3)


async def test_a_token_that_has_expired_is_refreshed_first(issuer: Issuer, run: Run, home: Path) -> None:
    first = issuer.tokens.issue(CLIENT_ID, "ada@example.com", ("offline_access",))
    entry = {
        "access_token": first["access_token"],
        "refresh_token": first["refresh_token"],
        "expires_at": 1,
        "token_endpoint": issuer.token_url,
        "provider": "lab",
    }
    write_store(home, lab=entry)
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        exec_env = "LAB_TOKEN"
    """)

    done = await asyncio.to_thread(run, "exec", "lab", "--", "printenv", "LAB_TOKEN")

    [family] = issuer.families
    assert done.stdout.strip() != first["access_token"]
    assert issuer.tokens.family_of(done.stdout.strip()) is family


def test_where_nobody_is_logged_in_the_command_gets_the_environments_token(run: Run) -> None:
    held = {"CLAUDE_CODE_OAUTH_TOKEN": "canary"}

    done = run("exec", "claude", "--", "printenv", "CLAUDE_CODE_OAUTH_TOKEN", env=held)

    assert (done.returncode, done.stdout) == (0, "canary\n")


def test_nothing_is_started_without_a_token(call: Run, home: Path) -> None:
    write_store(home, "codex")

    done = call("exec", "codex", "claude", "--", "touch", "started")

    assert done.returncode == 3
    assert not (home / "started").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("codex",), "after `--`"),
        (("codex", "--"), "after `--`"),
        (("--", "true"), "TENANT"),
        (("lab", "--", "true"), "exec_env"),
        (("elsewhere", "--", "true"), "[vendors.NAME]"),
        (("codex", "other", "--", "true"), "$OPENAI_API_KEY"),
    ],
)
def test_what_cannot_be_run_is_wrong_usage_and_says_how(
    words: tuple[str, ...], named: str, call: Run, home: Path
) -> None:
    table = 'authorize_url = "https://x.example/"\ntoken_url = "https://x.example/"\nclient_id = "x"\n'
    table += 'redirect_uri = "http://localhost/"\n'
    other = f'[vendors.other]\n{table}exec_env = "OPENAI_API_KEY"\n'
    (home / ".config/openab-auth/config.toml").write_text(f"[vendors.lab]\n{table}{other}")
    write_store(home, "codex", "lab", "elsewhere", "other")

    done = call("exec", *words)

    assert done.returncode == 2
    assert named in done.stderr
