"""An operator's first hour: what the bot says at its start, and what keeps it from starting."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


async def said_until_connected(start: Start) -> list[dict[str, Any]]:
    """Start the bot and return its log up to the connection."""
    lines: list[dict[str, Any]] = []
    async with start("run") as process:
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while not lines or "logged in to Discord" not in lines[-1]["message"]:
                lines.append(json.loads(await process.stderr.readline()))
    return lines


def edit(home: Path, old: str, new: str) -> None:
    config = home / ".config/openab-auth/config.toml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))


async def test_one_line_says_version_config_store_people_and_vendors(start: Start, home: Path) -> None:
    edit(home, "allowed_users", 'allowed_roles = ["7", "8"]\nallowed_users')

    lines = await said_until_connected(start)

    version = importlib.metadata.version("openab-auth")
    expected = (
        f"openab-auth {version}: config {home}/.config/openab-auth/config.toml; store {home}/.openab/agent/auth.json; "
        "1 person and 2 roles may use /auth; vendors offered: lab"
    )
    assert [line["level"] for line in lines if line["message"] == expected] == ["info"]
    assert not [line for line in lines if line["level"] != "info"]


async def test_the_token_is_read_where_systemd_puts_credentials(
    start: Start, home: Path, discord: EmbeddedDiscord, ada: Person
) -> None:
    folder = home / "credentials"
    folder.mkdir()
    (folder / "discord-token").write_text(f"{discord.bot_token}\n")
    (folder / "discord-token").chmod(0o440)
    folder.chmod(0o550)
    edit(home, 'bot_token = "${DISCORD_TOKEN}"', 'token_file = "${CREDENTIALS_DIRECTORY}/discord-token"')

    async with start(env={"DISCORD_TOKEN": "of another bot", "CREDENTIALS_DIRECTORY": str(folder)}):
        login = await (await ada.slash("auth login", vendor="lab")).settled()

    assert login.link_buttons


async def test_without_a_config_it_says_so(start: Start, home: Path, discord: EmbeddedDiscord) -> None:
    """Without a config the bot asks the real Discord, which the tests cannot reach: the line comes before that."""
    (home / ".config/openab-auth/config.toml").unlink()
    async with start("run") as process:
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while b"vendors offered" not in (line := await process.stderr.readline()):
                assert line

    assert b": no config file; store " in line
    assert b"; nobody may use /auth; " in line


async def test_an_empty_list_of_people_is_a_warning(start: Start, home: Path) -> None:
    edit(home, "allowed_users", "allow_dm = true  #")

    lines = await said_until_connected(start)

    [warning] = [line["message"] for line in lines if line["level"] == "warning"]
    assert warning.startswith("nobody may use /auth: list Discord ids in [discord] allowed_users")


@pytest.mark.parametrize("damage", ["a link", "no folder"])
async def test_a_store_that_cannot_be_written_is_status_6_before_anybody_logs_in(
    damage: str, start: Start, home: Path, discord: EmbeddedDiscord
) -> None:
    store = home / ".openab/agent/auth.json"
    if damage == "a link":
        store.parent.mkdir(parents=True, mode=0o700)
        store.symlink_to("elsewhere.json")
    else:
        (home / ".openab").write_text("a file where a folder should be")
    async with start("run") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), 20)

    last = stderr.decode().splitlines()[-1]
    assert process.returncode == 6
    assert last.startswith("openab-auth: ")
    assert str(home / ".openab") in last
    assert len(last.split("; ")) >= 3  # what happened, what was kept, what to do
    assert not discord.requests
