"""Wrong usage: words, a config or a port that cannot be used end the command with status 2."""

import json
import socket
import subprocess
from collections.abc import Callable
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
