"""docs/how-to/threads.md: the recipes of a shell and a Python agent run as they stand, and wait for a person."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openab_auth.oauth.requests import OpenRequests
from openab_auth.storage import REQUESTS, FileStore, Secret, SeenThread, TokenEntry
from tests.support.patience import PATIENCE

PAGE = (Path(__file__).parents[2] / "docs/how-to/threads.md").read_text()
SECTIONS = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = Path(sys.executable).parent


def recipe(title: str) -> str:
    (block,) = re.findall(r"^```(?:sh|python)\n(.*?)^```$", SECTIONS[title], re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture
def store(home: Path) -> FileStore:
    path = home / ".openab/agent/auth.json"
    path.parent.mkdir(parents=True, mode=0o700)
    store = FileStore(path)
    store.update(lambda draft: draft.threads.update({"thread:700": SeenThread(1, 2, 70)}))
    return store


@pytest.mark.parametrize(
    ("title", "command", "end", "said"),
    [
        ("A shell agent", ["sh", "-c"], "\necho $token", "the-token"),
        ("A Python agent", [sys.executable, "-c"], "", str(2**33)),
        ("An agent under openab", ["sh", "-c"], "", "the-token"),
    ],
)
def test_a_recipe_asks_waits_and_goes_on(
    title: str, command: list[str], end: str, said: str, home: Path, store: FileStore, tmp_path: Path
) -> None:
    codex = tmp_path / "bin/codex"
    codex.parent.mkdir()
    codex.write_text("#!/bin/sh\nexec env\n")
    codex.chmod(0o755)
    env = {"PATH": f"{COMMANDS}:{codex.parent}:{os.environ['PATH']}", "HOME": str(home), "OPENAB_THREAD_ID": "700"}
    agent = subprocess.Popen([*command, recipe(title) + end], cwd=home, env=env, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while not OpenRequests(store.records(REQUESTS), time.time()).open():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        login = TokenEntry(Secret("the-token"), Secret("r"), 2**33, "http://127.0.0.1:9/token", "codex")
        store.update(lambda draft: draft.update(codex=login))
        out, _ = agent.communicate(timeout=PATIENCE)
    finally:
        agent.kill()

    assert agent.returncode == 0
    assert said in out
    (request,) = OpenRequests(store.records(REQUESTS), time.time()).open()
    assert (request.thread, request.login) == (700, "codex")
