"""docs/command-line.md: the help is the parser's, the JSON is the real JSON, and each status has its errors."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.bot.cli import status_table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/command-line.md").read_text()
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_its_help_is_the_parsers_own() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/help-page", "--check"], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("vendors", ()),
        ("status", ()),
        ("login", ("claude",)),
        ("cancel", ("codex",)),
        ("token", ("codex",)),
        ("use", ("codex@work", "--thread", "7")),
        ("request", ("codex", "--thread", "7")),
        ("logout", ("codex", "--local")),
        ("doctor", ()),
    ],
)
def test_its_json_is_what_the_command_prints(command: str, words: tuple[str, ...], call: Run, home: Path) -> None:
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    entry = {
        "access_token": "a",
        "refresh_token": "r",
        "expires_at": int(time.time()) + 3600,
        "token_endpoint": "https://x.example/",
        "provider": "codex",
    }
    store.write_text(json.dumps({"codex": entry}))
    (home / ".config/openab-auth/config.toml").write_text(
        '[auth]\nvendors = ["codex", "claude"]\naccept_risk = ["claude"]\n'
    )
    call("login", "codex")

    printed = json.loads(call(command, *words, "--json", env={"HTTPS_PROXY": "http://127.0.0.1:9"}).stdout)

    [documented] = re.findall(rf"^\| `{command}` \| .*?`({{.*}})`", PAGE, re.MULTILINE)
    assert [*_keys(printed)] == re.findall(r'"(\w+)"', documented)


def _keys(found: dict[str, object]) -> list[str]:
    """The keys in their order, those of a list's first object behind the list's own; `pending` and `problems` bare."""
    keys: list[str] = []
    for key, value in found.items():
        keys.append(key)
        if isinstance(value, list) and value and key not in {"pending", "problems"}:
            keys += _keys(value[0])
    return keys


def test_its_statuses_are_those_that_the_code_gives() -> None:
    rows = {int(number) for number in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)}

    assert rows == {0, 1, 2, *(status for _, status in status_table.STATUSES)}
