"""The warm `token`: what it must leave to the full command, and a reader that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli.warm import NEVER, warm_token
from storage import entries

ENTRY = {"access_token": "at", "refresh_token": "rt", "token_endpoint": "https://x/t", "provider": "codex"}


def entry(**fields: object) -> str:
    return json.dumps({"codex": {**ENTRY, "expires_at": int(time.time()) + 3600, **fields}})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
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
