"""The warm `token`: what it must leave to the full command, and a reader that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openab_auth.bot.cli.warm import NEVER, warm_token
from openab_auth.oauth.config.paths import _standard_places
from openab_auth.storage import entries

ENTRY = {"access_token": "at", "refresh_token": "rt", "token_endpoint": "https://x/t", "provider": "codex"}


def entry(**fields: object) -> str:
    return json.dumps({"codex": {**ENTRY, "expires_at": int(time.time()) + 3600, **fields}})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "OPENAB_AUTH_CONFIG", "OPENAB_AUTH_STORE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "auth.json"


def test_the_plain_case_is_answered(path: Path) -> None:
    path.write_text(entry())

    assert warm_token(["codex", "--store", str(path)]) == "at\n"


@pytest.mark.parametrize(
    "text",
    [
        entry(access_token=""),
        entry(access_token="\ud800"),
        entry(access_token="é"),
        entry(expires_at=NEVER + 1),
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


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HOME": "/home/ada/"},
        {"HOME": "/"},
        {"XDG_CONFIG_HOME": "/xdg"},
        {"XDG_CONFIG_HOME": ""},
        {"XDG_CONFIG_HOME": "relative"},
        {"XDG_CONFIG_HOME": "./relative", "HOME": "/home/ada"},
    ],
)
def test_it_looks_for_a_config_where_the_full_command_does_and_twice_at_most(
    variables: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(entry())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    looked: list[str] = []

    def seen(place: str) -> os.stat_result:
        looked.append(place)
        raise FileNotFoundError

    with monkeypatch.context() as patch:
        patch.setattr("openab_auth.bot.cli.warm.os.lstat", seen)
        assert warm_token(["codex", "--store", str(path)]) == "at\n"

    assert [Path(place) for place in looked] == _standard_places(os.environ)
    assert len(looked) == 2


@pytest.mark.parametrize("kind", ["file", "dangling link", "FIFO", "folder that cannot be searched"])
def test_with_anything_in_the_place_of_a_config_the_full_command_decides(
    kind: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(entry())
    config = path.parent / ".config/openab-auth/config.toml"
    config.parent.mkdir(parents=True)
    if kind == "file":
        config.touch()
    elif kind == "FIFO":
        os.mkfifo(config)
    elif kind == "dangling link":
        config.symlink_to("nowhere")
    else:
        monkeypatch.setattr("openab_auth.bot.cli.warm.os.lstat", never)

    assert warm_token(["codex", "--store", str(path)]) is None


def never(_: str) -> os.stat_result:
    raise PermissionError


@pytest.mark.parametrize(
    "variables",
    [
        {"OPENAB_AUTH_STORE": "auth.json"},
        {"OPENAB_AUTH_STORE": "./auth.json"},
        {"HOME": "."},
        {"HOME": ""},
        {"OPENAB_AUTH_CONFIG": "/named.toml"},
    ],
)
def test_a_variable_makes_no_login_of_the_working_directory(
    variables: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only `--store` is typed for the folder that a person is in."""
    monkeypatch.chdir(path.parent)
    (path.parent / ".openab/agent").mkdir(parents=True)
    for place in (path, path.parent / ".openab/agent/auth.json"):
        place.write_text(entry())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert warm_token(["codex"]) is None
    monkeypatch.delenv(next(iter(variables)))
    assert warm_token(["codex", "--store", "auth.json"]) == "at\n"


def test_it_means_the_same_never_as_the_store() -> None:
    assert entries.NEVER == NEVER


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
