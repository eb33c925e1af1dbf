"""docs/how-to/accounts.md: each recipe runs as it is, on a store with the logins and threads that the page assumes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.oauth.config import parse_config
from openab_auth.oauth.threads import agree, policies_in, store_policies, store_threads
from openab_auth.storage import Draft, FileStore, Secret, SeenThread, ThreadId, TokenEntry, UserId

Call = Callable[..., "subprocess.CompletedProcess[str]"]
PAGE = (Path(__file__).parents[2] / "docs/how-to/accounts.md").read_text()
RECIPES = {
    title: section
    for title, section in re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    if "```sh" in section
}
ADA, APPLICATION, GUILD = UserId(100), 1, 2


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def store(home: Path) -> FileStore:
    """Make the logins to codex, and the records that the bot keeps of both threads."""
    store = FileStore(home / ".openab/agent/auth.json")
    ends = int(time.time()) + 3600
    keys = ("codex", "codex@team", "codex@u100", "anthropic-oauth")
    made = {key: TokenEntry(Secret(key), Secret("rt"), ends, "http://127.0.0.1:9/token", key) for key in keys}

    def write(draft: Draft) -> None:
        draft.update(made)
        for thread, parent in ((700, 70), (800, 80)):
            store_threads(draft, {ThreadId(thread): SeenThread(APPLICATION, GUILD, parent, ADA)})
        agree(draft, ADA, None)

    store.update(write)
    return store


def test_the_page_has_its_recipes() -> None:
    assert list(RECIPES) == [
        "A team account beside the default",
        "Everyone brings their own",
        "One channel apart",
        "A person who left",
    ]


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_does_what_the_page_says(title: str, call: Call, home: Path, store: FileStore) -> None:
    config = "".join(blocks(RECIPES[title], "toml"))
    file = home / ".config/openab-auth/config.toml"
    file.write_text(config)
    policies = policies_in(parse_config(file, {}).auth)
    store.update(lambda draft: store_policies(draft, APPLICATION, policies))

    [script] = blocks(RECIPES[title], "sh")
    for line in script.splitlines():
        command, _, expected = line.partition("#")
        words = shlex.split(command)
        done = call(*words[1:])
        assert answer_of(done) == expected.strip().removeprefix("exit status "), (line, done.stderr)


def test_the_logout_of_a_person_keeps_what_the_page_says(call: Call, store: FileStore) -> None:
    assert call("logout", "--user", ADA).returncode == 0

    assert set(store.read()) == {"codex", "codex@team", "anthropic-oauth"}


def answer_of(done: subprocess.CompletedProcess[str]) -> str:
    """Return the login and why it was chosen; the exit status of a refusal; nothing for another answer."""
    if done.returncode:
        return str(done.returncode)
    answer = json.loads(done.stdout)
    return f"{answer['login']} {answer.get('because') or answer['state']}" if "login" in answer else ""
