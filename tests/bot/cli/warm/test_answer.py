"""The warm `token`: the cases for the full command, and a reader that disappears."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openab_auth.bot.cli.warm import answer
from openab_auth.storage import entries
from tests.bot.cli.warm.stores import entry, warm_token, write_config, write_store


def test_the_plain_case_is_answered(path: Path) -> None:
    path.write_text(entry())

    assert warm_token(["codex", "--store", str(path)]) == "at\n"


@pytest.mark.parametrize(
    "text",
    [
        entry(access_token=""),
        entry(access_token="\ud800"),
        entry(access_token="é"),
        entry(expires_at=entries.NEVER + 1),
        entry().replace('"access_token": "at"', '"access_token": "at", "access_token": "other"'),
        "[" * 100_000,
    ],
)
def test_what_the_store_would_call_damaged_is_left_to_the_full_command(path: Path, text: str) -> None:
    path.write_text(text)

    assert warm_token(["codex", "--store", str(path)]) is None


def test_a_fifo_in_the_place_of_the_file_does_not_block(path: Path) -> None:
    os.mkfifo(path)

    assert warm_token(["codex", "--store", str(path)]) is None


@pytest.mark.parametrize("seconds", [119, 0, -5])
def test_a_token_about_to_expire_is_left_to_the_full_command(seconds: int, path: Path) -> None:
    path.write_text(entry(expires_at=int(time.time()) + seconds))

    assert warm_token(["codex", "--store", str(path)]) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"codex": 3}', '{"codex": {"access_token": "x"}}', '{"codex": {"access_token": 1}}']
)
def test_what_is_no_plain_entry_is_left_to_the_full_command(
    text: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(text)
    monkeypatch.chdir(path.parent)

    assert warm_token(["codex", "--store", "auth.json"]) is None


def test_a_login_spilled_beside_the_file_is_left_to_the_full_command(path: Path) -> None:
    path.write_text(entry())
    (path.parent / "auth.json.spill.x").touch()

    assert warm_token(["codex", "--store", str(path)]) is None


@pytest.mark.parametrize("variable", ["OPENAB_AUTH_BROKER", "OPENAB_AUTH_BROKER_KEY", "OPENAB_AUTH_BROKER_KEY_FILE"])
def test_a_broker_and_its_key_are_left_to_the_full_command(
    variable: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker answers there, and no child of `exec` gets the key."""
    path.write_text(entry())
    monkeypatch.setenv(variable, "oab_x")

    assert warm_token(["codex", "--store", str(path)]) is None


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["codex", "grok"],
        ["codex", "--help"],
        ["codex", "--min-ttl", "x"],
        ["codex", "--min-ttl", "-1"],
        ["codex", "--store="],
        ["codex", "--sto", "x"],
        ["mcp:codex"],
        ["--", "codex"],
    ],
)
def test_unusual_words_are_left_to_the_full_command(words: list[str], path: Path) -> None:
    path.write_text(entry())

    assert warm_token([*words, "--store", str(path)]) is None


@pytest.mark.parametrize("words", [["codex", "codex-device"], ["codex", "nobody"], ["codex", "--json", "claude"], []])
def test_an_unusual_exec_is_left_to_the_full_command(words: list[str], path: Path) -> None:
    store = write_store(path)

    with pytest.raises(answer.UnusualError):
        answer.environment(answer.Request(["exec", *words, "--store", str(store), "--", "tool"]))


def test_a_warm_answer_imports_nothing_heavy(path: Path) -> None:
    """`import asyncio` alone takes more than twice the time that a warm token may take."""
    store, config = write_store(path), write_config(path)
    program = "import sys; from openab_auth.bot.cli import main; main(); print(*sys.modules)"
    words = ["token", "codex", "--store", str(store), "--config", str(config)]

    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        check=True,
        capture_output=True,
        text=True,
        env={"HOME": str(path.parent)},
    )

    token, modules = done.stdout.splitlines()
    assert token == "codex's"
    assert not {"argparse", "asyncio", "dataclasses", "pathlib", "tomllib", "typing"} & set(modules.split())


def test_a_reader_that_is_gone_or_a_full_disk_makes_no_traceback(path: Path) -> None:
    path.write_text(entry())
    command = [str(Path(sys.executable).with_name("openab-auth")), "token", "codex", "--store", str(path)]
    reader, writer = os.pipe()
    os.close(reader)

    for output in (writer, os.open("/dev/full", os.O_WRONLY)):
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, check=False)
        os.close(output)

        assert done.returncode == 1
        assert done.stderr == b""
