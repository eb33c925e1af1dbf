"""docs/how-to/start.md: its blocks are run exactly as printed."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.cogs.auth.guard.settings import read_settings
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import Secret, TokenEntry, open_store

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/start.md").read_text()
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def blocks(language: str) -> list[str]:
    """Return the code blocks in `language`, without the indent of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def log_in(home: Path) -> None:
    entry = TokenEntry(
        access_token=Secret("at-start"),
        refresh_token=Secret("rt-start"),
        expires_at=int(time.time()) + 3600,
        token_endpoint="http://127.0.0.1:9/token",
        provider="codex",
    )
    store = open_store(home / ".openab/agent/auth.json")
    store.update(lambda entries: entries.update({"codex": entry}))


def test_the_token_command_prints_the_token(run: Run, home: Path) -> None:
    log_in(home)

    assert run(*blocks("sh")[0].split()[1:]).stdout == "at-start\n"


def test_its_configs_are_taken(home: Path) -> None:
    operator, vendor = blocks("toml")
    file = home / ".config/openab-auth/config.toml"

    file.write_text(operator)
    environ = {"DISCORD_TOKEN": "from-the-environment"}
    settings = read_settings(read_config(file, environ), environ)
    file.write_text(vendor)
    offered = Catalogue.from_config(read_config(file, {})).offered()

    assert settings.bot_token == Secret("from-the-environment")
    assert settings.allowed_users == {100000000000000001}
    assert [one.name for one in offered] == ["codex", "lab"]


@pytest.mark.parametrize("words", [("token", "codex"), ("status",), ("vendors",), ("logout", "codex", "--local")])
def test_its_config_needs_the_bots_variable_for_nothing_but_the_bot(
    words: tuple[str, ...], call: Run, home: Path
) -> None:
    log_in(home)
    (home / ".config/openab-auth/config.toml").write_text(blocks("toml")[0])

    done = call(*words)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_bot_names_the_variable_that_its_config_needs(run: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(blocks("toml")[0])

    done = run("run")

    assert done.returncode == 2
    assert "discord.bot_token: ${DISCORD_TOKEN} is not set" in done.stderr


def test_its_python_runs_and_gives_a_client_that_carries_the_token(home: Path) -> None:
    log_in(home)
    [code] = blocks("python")
    check = (
        "import asyncio\n"
        "client._transport = httpx2.MockTransport(lambda r: httpx2.Response(200, text=r.headers['Authorization']))\n"
        "client._mounts = {}\n"
        "print(asyncio.run(client.get('http://127.0.0.1/')).text)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code + check],
        env={"HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "Bearer at-start\n", done.stderr
