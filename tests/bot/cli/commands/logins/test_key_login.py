"""A login with an API key at the console: the steps, the prompt that shows nothing, and what agents get."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth import LoginDeadError, TokenSource, open_store

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KEY = "key_canary_0a1b2c3d4e5f"


def test_a_key_is_asked_for_stored_and_given_to_agents(call: Run, home: Path) -> None:
    login = call("login", "cursor")
    assert login.returncode == 0, login.stderr
    assert "1. Make an API key in your account at Cursor:\n\nhttps://cursor.com/dashboard" in login.stdout
    assert "2. Run `openab-auth complete cursor` and paste the key there before" in login.stdout

    done = call("complete", "cursor", "--json", text=f"\ufeffexport CURSOR_API_KEY={KEY}\r\n")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "vendor": "cursor",
        "tenant": "cursor",
        "expires_at": 18446744073709551615,
        "account": None,
    }
    assert call("token", "cursor").stdout == f"{KEY}\n"
    assert "cursor: ok, no end known" in call("status").stdout
    rejected = call("refresh", "cursor", "--rejected", text=KEY)
    assert rejected.returncode == 4
    assert KEY not in done.stdout + rejected.stderr + call("status", "--json").stdout + call("vendors").stdout
    assert call("logout", "cursor").returncode == 0
    assert call("token", "cursor").returncode == 3


def test_the_json_of_a_login_without_a_page_has_no_address(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text('[vendors.bare]\nflow = "key"\n')

    result = json.loads(call("login", "bare", "--json").stdout)

    assert (result["flow"], result["url"], result["user_code"]) == ("key", None, None)
    assert "1. Make an API key in your account at bare.\n\n2. Run" in call("login", "bare").stdout


@pytest.mark.parametrize(
    "paste", ["", "my key is key_canary_0a1b2c3d4e5f", "https://cursor.com/dashboard", "a1" * 5000]
)
def test_what_is_no_key_is_status_7_and_the_login_waits(paste: str, call: Run, home: Path) -> None:
    call("login", "cursor")

    done = call("complete", "cursor", text=paste)

    assert done.returncode == 7
    assert KEY not in done.stderr
    assert "the login still waits" in done.stderr
    assert "pending:cursor:0" in (home / ".openab/agent/auth.json").read_text()


def test_doctor_asks_the_address_that_checks_keys(call: Run, home: Path) -> None:
    config = """
        [auth]
        vendors = ["cursor", "keyed"]
        [vendors.keyed]
        flow = "key"
        check_url = "http://127.0.0.1:9/me"
    """
    (home / ".config/openab-auth/config.toml").write_text(config)

    checks = {one["name"]: one for one in json.loads(call("doctor", "--json").stdout)["checks"]}

    assert checks["cursor reach"]["message"] == "needs no network"
    assert "no answer from 127.0.0.1" in checks["keyed reach"]["message"]


def test_exec_gives_the_key_to_its_command(call: Run, run: Run) -> None:
    call("login", "cursor")
    call("complete", "cursor", text=KEY)

    shown = run("exec", "cursor", "--", sys.executable, "-c", "import os; print(os.environ['CURSOR_API_KEY'])")

    assert shown.stdout == f"{KEY}\n"


def test_a_terminal_does_not_show_the_key(call: Run, home: Path) -> None:
    call("login", "cursor")
    ours, theirs = pty.openpty()
    program = Path(sys.executable).with_name("openab-auth")
    with subprocess.Popen(
        [program, "complete", "cursor"],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as command:
        os.close(theirs)
        shown = b""
        while b"not shown" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, f"{KEY}\n".encode())
        while b"Logged in" not in shown:
            shown += os.read(ours, 1024)
    os.close(ours)

    assert command.returncode == 0
    assert KEY.encode() not in shown


def test_a_python_agent_gets_the_key_and_learns_that_it_died(call: Run, home: Path) -> None:
    call("login", "cursor")
    call("complete", "cursor", text=KEY)

    async def use_it() -> str:
        async with TokenSource(open_store(home / ".openab/agent/auth.json")) as source:
            token = await source.get_valid("cursor")
            assert token.value.reveal() == KEY
            with pytest.raises(LoginDeadError, match="log in again") as dead:
                await source.force_refresh("cursor", rejected=token)
        return str(dead.value)

    assert KEY not in asyncio.run(use_it())
