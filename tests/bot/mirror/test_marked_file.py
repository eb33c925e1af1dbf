"""Our own processes in front of a mirror: they serve its tokens, refresh nothing, and ask nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def entry(seconds: int, refresh: str = "") -> dict[str, object]:
    tokens = {"access_token": "at", "refresh_token": refresh, "expires_at": int(time.time()) + seconds}
    return {**tokens, "token_endpoint": "http://127.0.0.1:9/", "provider": "codex"}


@pytest.fixture
def mirror(tmp_path: Path) -> Callable[..., Path]:
    def write(**entries: dict[str, object]) -> Path:
        folder = tmp_path / "mirror"
        folder.mkdir(mode=0o700)
        (folder / "auth.json").write_text(json.dumps(entries))
        (folder / "auth.json.mirror").touch()
        return folder / "auth.json"

    return write


def test_a_valid_token_is_served(run: Run, mirror: Callable[..., Path]) -> None:
    assert run("token", "codex", "--store", mirror(codex=entry(3600))).stdout == "at\n"


def noted_beside(path: Path) -> list[str]:
    """Return the files beside a mirror that no mirror makes, apart from the audit log."""
    ours = {"auth.json", "auth.json.mirror", "auth.json.audit.jsonl"}
    return sorted(one.name for one in path.parent.iterdir() if one.name not in ours)


@pytest.mark.parametrize("words", [("token", "codex"), ("refresh", "codex"), ("exec", "codex", "--", "true")])
@pytest.mark.parametrize("refresh", ["", "rt"])
def test_a_token_that_is_over_is_status_5_and_nothing_is_noted(
    run: Run, mirror: Callable[..., Path], words: tuple[str, ...], refresh: str
) -> None:
    path = mirror(codex=entry(-10, refresh))

    done = run(words[0], "--store", path, *words[1:], env={"OPENAB_AUTH_THREAD": "77"})

    assert done.returncode == 5
    assert "openab-auth mirror" in done.stderr
    assert noted_beside(path) == []


def test_a_rejected_token_is_status_5_and_ends_no_login(run: Run, mirror: Callable[..., Path]) -> None:
    path = mirror(codex=entry(3600))

    done = run("refresh", "codex", "--rejected", "--store", path, text="at")

    assert done.returncode == 5
    assert noted_beside(path) == []


def test_a_login_that_is_missing_is_asked_for_nowhere(run: Run, mirror: Callable[..., Path]) -> None:
    path = mirror(codex=entry(3600))

    missing = run("token", "copilot", "--store", path, env={"OPENAB_AUTH_THREAD": "77"})
    asked = run("request", "copilot", "--thread", "77", "--store", path)

    assert (missing.returncode, asked.returncode) == (3, 5)
    assert not path.with_name("auth.json.requests").exists()


@pytest.fixture
def running(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    begun: list[subprocess.Popen[str]] = []

    def start(*words: object) -> subprocess.Popen[str]:
        command = [str(Path(sys.executable).with_name("openab-auth")), *map(str, words)]
        environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
        begun.append(subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def test_the_command_says_when_it_is_ready_and_stops_at_a_signal(
    running: Callable[..., subprocess.Popen[str]], run: Run, home: Path, tmp_path: Path
) -> None:
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    store.write_text(json.dumps({"codex": {**entry(3600, "rt"), "token_endpoint": "https://x.example/"}}))

    process = running("mirror", "--to", tmp_path / "m/auth.json", "--json")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())

    assert ready == {"ready": True, "to": str(tmp_path / "m/auth.json"), "url": ready["url"]}
    assert run("token", "codex", "--store", tmp_path / "m/auth.json").stdout == "at\n"
    assert run("mirror", "--to", tmp_path / "m/auth.json").returncode == 5
    assert run("mirror", "--to", store).returncode == 2
    process.terminate()
    assert process.wait(PATIENCE) == 128 + 15
    assert json.loads((tmp_path / "m/auth.json").read_text())["codex"]["refresh_token"] == ""
