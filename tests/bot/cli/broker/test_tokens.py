"""`token` and `exec` of an agent that gets its tokens from a broker, with real commands and a real broker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.brokers import BrokerProcess

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_token_is_printed_and_nothing_else(at_broker: Run) -> None:
    done = at_broker("token", "codex")

    assert (done.returncode, done.stdout, done.stderr) == (0, "canary-codex\n", "")


def test_the_whole_command_needs_no_store(run: Run, broker: BrokerProcess, home: Path) -> None:
    done = run("token", "claude", env={"OPENAB_AUTH_BROKER": broker.address})

    assert (done.returncode, done.stdout, done.stderr) == (0, "canary-anthropic-oauth\n", "")
    assert not (home / ".openab").exists()


def test_the_json_has_the_members_of_a_token_from_the_store(at_broker: Run) -> None:
    printed = json.loads(at_broker("token", "codex", "--json", "--min-ttl", "600").stdout)

    assert [*printed] == ["access_token", "expires_at", "token_type", "login", "because"]
    assert (printed["access_token"], printed["login"]) == ("canary-codex", "codex")


@pytest.mark.parametrize(
    ("words", "env", "status", "said"),
    [
        (("token", "grok"), {}, 3, "nobody is logged in to xai-oauth"),
        (("token", "grok", "--wait", "1"), {}, 3, "nobody is logged in to xai-oauth"),
        (("token", "codex"), {"OPENAB_AUTH_BROKER_KEY": "oab_wrong"}, 2, "this key is wrong, expired or revoked"),
        (("token", "codex"), {"OPENAB_AUTH_BROKER_KEY": ""}, 2, "without a key"),
        (("token", "codex"), {"OPENAB_AUTH_BROKER": "unix:/nowhere/auth.sock"}, 5, "No such file or directory"),
        (("token", "codex"), {"OPENAB_AUTH_BROKER": "http://broker.example"}, 2, "OPENAB_AUTH_BROKER must be https"),
        (("token", "codex"), {"OPENAB_AUTH_BROKER_KEY": "two words"}, 2, "OPENAB_AUTH_BROKER_KEY is no key"),
        (("token", "codex", "--min-ttl", "601"), {}, 2, "a broker cannot promise a token for more than 600 s"),
        (("refresh", "codex"), {}, 2, "a broker cannot refresh a login that works"),
        (("exec", "grok", "--", "env"), {}, 3, "nobody is logged in to xai-oauth"),
        (("exec", "codex", "codex@work", "--", "env"), {}, 2, "two of these tokens need the variable"),
    ],
)
def test_each_failure_is_one_line_with_a_status(
    words: tuple[str, ...], env: dict[str, str], status: int, said: str, at_broker: Run
) -> None:
    done = at_broker(*words, env=env)

    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "oab_" not in done.stderr


def test_each_token_is_in_the_variable_that_its_vendors_tools_read(run: Run, broker: BrokerProcess, key: str) -> None:
    env = {"OPENAB_AUTH_BROKER": broker.address, "OPENAB_AUTH_BROKER_KEY": key, "ANTHROPIC_API_KEY": "shadow"}
    done = run("exec", "claude", "codex@work", "mcp:linear", "--", "env", env=env)

    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert found["CLAUDE_CODE_OAUTH_TOKEN"] == "canary-anthropic-oauth"
    assert found["OPENAI_API_KEY"] == "canary-codex@work"
    assert found["MCP_LINEAR_TOKEN"] == "canary-linear"
    assert "ANTHROPIC_API_KEY" not in found


def test_the_key_may_be_in_a_file(run: Run, broker: BrokerProcess, key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{key}\n")
    env = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY_FILE": str(file)}

    assert run("token", "codex", env=env).stdout == "canary-codex\n"
    given = run("exec", "codex", "--", "env", env=env).stdout
    assert "OPENAI_API_KEY=canary-codex" in given
    assert "OPENAB_AUTH_BROKER" not in given


@pytest.mark.parametrize(
    ("content", "env", "said"),
    [
        (None, {}, "OPENAB_AUTH_BROKER_KEY_FILE names a file that gives no key: it cannot be read (No such file"),
        ("oab_a\noab_b", {}, "OPENAB_AUTH_BROKER_KEY_FILE names a file that gives no key: it holds more than one line"),
        ("oab_two words", {}, "OPENAB_AUTH_BROKER_KEY_FILE is no key"),
        (
            "oab_a",
            {"OPENAB_AUTH_BROKER_KEY": "oab_b"},
            "OPENAB_AUTH_BROKER_KEY_FILE is set, and so is OPENAB_AUTH_BROKER",
        ),
    ],
)
def test_a_file_that_gives_no_key_is_wrong_usage(
    content: str | None, env: dict[str, str], said: str, run: Run, broker: BrokerProcess, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    ours = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY_FILE": str(file)}

    done = run("token", "codex", env=ours | env)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "oab_" not in done.stderr


@pytest.mark.parametrize("store", [(), ("--store", "STORE")])
def test_the_command_of_exec_gets_neither_the_key_nor_the_broker(
    store: tuple[str, ...], run: Run, broker: BrokerProcess, key: str
) -> None:
    """It has the token that it may use; the key would give it every other one, too."""
    words = [str(broker.store) if word == "STORE" else word for word in store]
    env = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY": key}
    done = run("exec", "codex", *words, "--", "env", env=env)

    assert "OPENAI_API_KEY=canary-codex" in done.stdout
    assert "OPENAB_AUTH_BROKER" not in done.stdout
    assert key not in done.stdout


def test_a_key_without_a_broker_is_kept_from_the_command_too(run: Run, broker: BrokerProcess, key: str) -> None:
    done = run("exec", "codex", "--store", broker.store, "--", "env", env={"OPENAB_AUTH_BROKER_KEY": key})

    assert "OPENAI_API_KEY=canary-codex" in done.stdout
    assert key not in done.stdout


def test_a_variable_of_the_agents_own_serves_where_nobody_is_logged_in(
    run: Run, broker: BrokerProcess, key: str
) -> None:
    env = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY": key, "XAI_API_KEY": "the agent's own"}
    done = run("exec", "grok", "--", "sh", "-c", "echo $XAI_API_KEY", env=env)

    assert (done.stdout, done.returncode) == ("the agent's own\n", 0)


def test_a_store_that_was_typed_counts_before_the_broker(at_broker: Run, broker: BrokerProcess) -> None:
    done = at_broker("token", "codex", "--store", str(broker.store), env={"OPENAB_AUTH_BROKER": "unix:/nowhere"})

    assert (done.stdout, done.returncode) == ("canary-codex\n", 0)


def test_a_store_of_the_environment_does_not(at_broker: Run, home: Path) -> None:
    done = at_broker("token", "codex", env={"OPENAB_AUTH_STORE": str(home / "none.json")})

    assert (done.stdout, done.returncode) == ("canary-codex\n", 0)


def test_an_empty_variable_names_no_broker(call: Run, broker: BrokerProcess) -> None:
    done = call("token", "codex", env={"OPENAB_AUTH_BROKER": "", "OPENAB_AUTH_STORE": str(broker.store)})

    assert done.stdout == "canary-codex\n"


@pytest.mark.parametrize("words", [("vendors",), ("logout", "codex", "--local"), ("use", "codex", "--thread", "7")])
def test_other_commands_are_about_the_store_as_always(words: tuple[str, ...], at_broker: Run) -> None:
    assert at_broker(*words, env={"OPENAB_AUTH_BROKER": "unix:/nowhere"}).returncode in {0, 3}
