"""Wrong usage: words, a config or a port that cannot be used end the command with status 2."""

import json
import socket
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


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


WRONG = """
colour = "red"
[discord]
allowed_user = ["1"]
guild_ids = 5
[store]
path = 7
[auth]
vendors = ["nobody"]
[vendors.lab]
token_ulr = "https://x.example/token"
["vendors"."two\\nlines"]
flow = "magic"
[mcp.linear]
url = "ftp://mcp.linear.app"
ulr = "x"
"""
MISTAKES = {
    "colour: is not known",
    "discord.allowed_user: is not known (did you mean allowed_users?)",
    "discord.guild_ids: must be a list of Discord ids",
    "store.path: must be a text",
    "auth.vendors: there is no vendor 'nobody'",
    "vendors.lab.token_ulr: is not known (did you mean token_url?)",
    "mcp.linear.ulr: is not known (did you mean url?)",
}


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_the_mistakes_of_all_tables_are_named_one_a_line(command: str, call: Run, run: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(WRONG)

    done = run(command)
    said = done.stdout if command == "doctor" else done.stderr

    lines = {line.strip() for line in said.splitlines()}
    assert lines >= MISTAKES
    assert any(line.startswith("vendors.two lines") for line in lines)
    assert any(line.startswith("mcp.linear.url") for line in lines)
    if command == "run":
        head, *others = said.splitlines()
        assert head.endswith(
            f"config.toml has {len(others)} mistakes; nothing was started; correct the config and start again"
        )
        error = json.loads(call(command, "--json").stderr)["error"]
        assert error.keys() == {"code", "message", "hint"}
        assert all(mistake in error["message"] for mistake in MISTAKES)


def test_without_discord_the_mistakes_of_all_other_tables_are_named(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(WRONG)

    lines = {line.strip() for line in call("status").stderr.splitlines()}

    assert {mistake for mistake in MISTAKES if not mistake.startswith("discord.")} <= lines


def test_a_syntax_error_has_its_line_and_column(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text("[auth]\nvendors = [\n  claude\n")

    done = call("status")

    assert "is no TOML" in done.stderr
    assert "line 3, column 3" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("--version",), ("status", "--version"), ("--version", "token", "codex")])
def test_the_version_needs_neither_a_config_nor_a_store(words: tuple[str, ...], call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text("[discord\n")
    (home / ".openab").write_text("")

    done = call(*words)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"openab-auth {version('openab-auth')}\n", "")
    assert json.loads(call(*words, "--json").stdout) == {"version": version("openab-auth")}


def test_a_config_that_is_named_and_not_there_is_status_2(call: Run) -> None:
    done = call("status", "--config", "nowhere.toml")

    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


def test_run_without_a_token_says_what_to_set(run: Run) -> None:
    done = run("run")

    assert done.returncode == 2
    assert "DISCORD_TOKEN" in done.stderr


def test_a_port_that_is_taken_is_wrong_usage(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("playground", "--port", taken.getsockname()[1])

    assert done.returncode == 2
    assert "choose another" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_playground_takes_no_store_of_the_operators(call: Run) -> None:
    assert call("playground", "--store", "auth.json").returncode == 2
