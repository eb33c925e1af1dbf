"""openab's own list of MCP servers cannot be read: it costs its servers and a line, and no command that needs none."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.cli.written_logins import CANARY, write_login

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CONFIG = """
[auth]
vendors = []
mcp_json = "{file}"
"""
TOLD = "line 1, column 1: JSON has no comments; its MCP servers are not offered"


@pytest.fixture
def listed(home: Path) -> Path:
    file = home / "mcp.json"
    file.write_text('// mine\n{"mcpServers": {"linear": {"type": "http", "url": "https://mcp.example/mcp"}}}')
    (home / ".config/openab-auth/config.toml").write_text(CONFIG.format(file=file))
    write_login(home, "lab")
    return file


@pytest.mark.parametrize(
    "words",
    [("token", "lab"), ("token", "lab", "--json"), ("token", "codex"), ("logout", "lab", "--local"), ("cancel", "lab")],
)
def test_a_command_that_needs_no_server_does_not_notice(run: Run, listed: Path, words: tuple[str, ...]) -> None:
    broken = run(*words)
    store = listed.parent / ".openab/agent/auth.json"
    if words[0] == "logout":
        shutil.rmtree(store.parent)
        write_login(listed.parent, "lab")
    listed.write_text("{}")
    sound = run(*words)

    strip = str.maketrans("", "", "0123456789")
    assert broken.returncode == sound.returncode
    assert broken.stdout.translate(strip) == sound.stdout.translate(strip)
    assert TOLD not in broken.stderr


def test_a_token_is_printed_although_its_name_could_be_a_servers(run: Run, listed: Path) -> None:
    assert (run("token", "lab").stdout, TOLD in listed.read_text()) == (f"{CANARY}-access\n", False)


def test_status_and_vendors_say_in_one_line_what_is_missing(run: Run, listed: Path) -> None:
    for command in ("status", "vendors"):
        text, as_json = run(command), run(command, "--json")
        assert (text.returncode, text.stdout.count(TOLD)) == (0, 1)
        assert f"problem: {listed}: {TOLD}; correct the file, then start again" in text.stdout.splitlines()
        [problem] = json.loads(as_json.stdout)["problems"]
        assert problem == {"what": f"{listed}: {TOLD}", "repair": "correct the file, then start again"}


def test_doctor_names_line_and_column_and_keeps_the_config(run: Run, listed: Path) -> None:
    checks = json.loads(run("doctor", "--json").stdout)["checks"]

    [lost] = [check for check in checks if check["name"] == "mcp.json"]
    assert lost == {"name": "mcp.json", "ok": False, "message": f"{listed}: {TOLD}", "hint": lost["hint"]}
    assert next(check for check in checks if check["name"] == "config")["ok"]
    assert not [check for check in checks if "reach" in check["name"]]


def test_a_login_at_a_lost_server_says_why_it_is_not_offered(run: Run, listed: Path) -> None:
    done = run("login", "mcp:linear")

    assert done.returncode == 2
    assert TOLD in done.stderr
    assert str(listed) in done.stderr
