"""Discord refuses something at the start: the bot serves what it can, and otherwise repeats Discord's sentence.

From serenity-rs/serenity#2993 (Entry Point commands), AstrBotDevs/AstrBot#8029 and discord/discord-api-docs#6188 (the
daily quota of new commands, once used up for whole accounts by Discord's own mistake).
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord
from tests.support.patience import PATIENCE
from tests.support.raw_server import RawServer

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
LOCAL = Path(".config/openab-auth/config.toml")
USED_UP = "Max number of daily application command creates has been reached (200)"


@pytest.fixture
def raw_server() -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server


async def ended(start: Start) -> tuple[int | None, str]:
    """Run the bot until it ends by itself; return its status and its last line."""
    async with start("run") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, stderr.decode().splitlines()[-1]


def registrations(discord: EmbeddedDiscord) -> list[list[str]]:
    return [[command["name"] for command in seen.body] for seen in discord.requests if seen.method == "PUT"]


def use_older_words(discord: EmbeddedDiscord) -> None:
    discord.state.commands()[0]["description"] = "the words of an older release"


async def test_the_entry_point_command_of_an_app_with_activities_is_kept(
    start: Start, discord: EmbeddedDiscord
) -> None:
    discord.state.enable_activities()
    (entry_point,) = discord.state.commands()
    for _ in range(2):  # the second start sends nothing
        async with start():
            pass

    assert registrations(discord) == [["auth", "launch"]]
    assert [each["id"] for each in discord.state.commands() if each["type"] == 4] == [entry_point["id"]]


async def test_the_entry_point_command_stays_when_the_commands_move_into_a_guild(
    start: Start, discord: EmbeddedDiscord, home: Path
) -> None:
    async with start():
        pass
    discord.state.enable_activities()
    config = home / ".config/openab-auth/config.toml"
    guild = f'guild_ids = ["{discord.guild_id}"]\nallowed_users'
    config.write_text(config.read_text().replace("allowed_users", guild))
    async with start():
        pass

    assert [each["name"] for each in discord.state.commands()] == ["launch"]
    assert [each["name"] for each in discord.state.commands(str(discord.guild_id))] == ["auth"]


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(400, 30034, USED_UP), (400, 50035, "Invalid Form Body"), (503, 0, "Under maintenance")],
)
async def test_a_refused_registration_serves_the_commands_that_are_there(
    status: int, code: int, message: str, start: Start, discord: EmbeddedDiscord
) -> None:
    async with start():
        pass
    use_older_words(discord)
    discord.faults.next("commands", status=status, code=code, message=message)
    async with start("run") as process:
        assert process.stderr is not None
        lines = []
        async with asyncio.timeout(PATIENCE):
            while b"logged in to Discord" not in (line := await process.stderr.readline()):
                assert line
                lines.append(line.decode())
        shown = await (await discord.person("ada").slash("auth status")).settled()

    assert "Nobody is logged in yet" in shown.content
    [told] = [line for line in lines if message in line]
    assert '"level": "error"' in told
    assert "the commands that are registered" in told
    assert ("tomorrow" in told) == (code == 30034)


@pytest.mark.parametrize("older", [True, False])
async def test_a_registration_that_must_wait_keeps_nobody_waiting(
    older: bool, start: Start, discord: EmbeddedDiscord
) -> None:
    """After a 429, discord.py sleeps as long as Discord says: for hours, in public reports."""
    if older:
        async with start():
            pass
        use_older_words(discord)
    discord.faults.next("commands", status=429, retry_after=12)

    async with start("run") as process:
        assert process.stderr is not None
        lines = []
        async with asyncio.timeout(PATIENCE):
            while b"logged in to Discord" not in (line := await process.stderr.readline()):
                assert line
                lines.append(line.decode())
            commands = discord.state.commands()
            while b"slash commands registered" not in await process.stderr.readline():
                pass

    assert [each["description"] for each in commands] == (["the words of an older release"] if older else [])
    assert discord.state.commands()[0]["description"] != "the words of an older release"
    [told] = [line for line in lines if "keeps the registration of commands waiting" in line]
    assert '"level": "error"' in told


async def test_a_registration_that_fails_late_ends_a_bot_without_commands(
    start: Start, discord: EmbeddedDiscord
) -> None:
    discord.faults.next("commands", status=503, message="Under maintenance", delay=10)

    status, line = await ended(start)

    assert status == 5
    assert "Under maintenance" in line


async def test_a_connection_lost_at_the_registration_serves_what_is_there(
    start: Start, discord: EmbeddedDiscord
) -> None:
    async with start():
        pass
    use_older_words(discord)
    discord.faults.next("commands", cut=True, times=9)

    async with start():
        pass


async def test_a_used_up_quota_with_nothing_registered_says_when_it_ends(
    start: Start, discord: EmbeddedDiscord
) -> None:
    discord.faults.use_up_creations()

    status, line = await ended(start)

    assert status == 5
    assert USED_UP in line
    assert "tomorrow" in line


async def test_former_global_commands_that_cannot_be_removed_keep_nobody_waiting(
    start: Start, discord: EmbeddedDiscord, home: Path
) -> None:
    guild = f'guild_ids = ["{discord.guild_id}"]\nallowed_users'
    (home / LOCAL).write_text((home / LOCAL).read_text().replace("allowed_users", guild))
    discord.faults.next("registered", status=503, message="Under maintenance", passing=1)  # the guild's list passes

    async with start():
        assert [each["name"] for each in discord.state.commands(str(discord.guild_id))] == ["auth"]


async def test_a_quota_that_is_used_up_in_one_guild_keeps_no_other_waiting(
    start: Start, discord: EmbeddedDiscord, home: Path
) -> None:
    config = home / ".config/openab-auth/config.toml"
    guilds = f'guild_ids = ["123456789012345678", "{discord.guild_id}"]\nallowed_users'
    config.write_text(config.read_text().replace("allowed_users", guilds))
    discord.faults.next("registered", status=400, code=30034, message=USED_UP)

    async with start():
        assert [each["name"] for each in discord.state.commands(str(discord.guild_id))] == ["auth"]


SENTENCE = "Your account must be verified, says Discord"


@pytest.mark.parametrize(
    ("kind", "status", "exit_status"),
    [
        ("me", 403, 2),
        ("application", 400, 2),
        ("registered", 503, 5),
        ("commands", 403, 2),
        ("gateway", 400, 2),
        ("gateway", 503, 5),
    ],
)
async def test_discords_own_sentence_is_told_whatever_it_refuses(
    kind: str, status: int, exit_status: int, start: Start, discord: EmbeddedDiscord
) -> None:
    discord.faults.next(kind, status=status, code=40002, message=f"{SENTENCE}.\n")  # type: ignore[arg-type]

    found, line = await ended(start)

    assert found == exit_status
    assert SENTENCE in line
    assert f"HTTP {status}" in line
    assert "40002" in line
    assert "HTTPException" not in line


@pytest.mark.parametrize("says", ["429 Too Many", "404 Not Found", "403 Forbidden"])
async def test_a_page_that_is_no_reply_of_discords_api_is_not_repeated(
    says: str, start: Start, discord: EmbeddedDiscord, home: Path, raw_server: RawServer
) -> None:
    """Cloudflare answers a banned address with a page; so may a proxy."""
    page = b"<html><title>Access denied</title></html>"
    head = f"HTTP/1.1 {says}\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n"
    raw_server.sends = [head.encode() + page]
    (home / LOCAL).write_text((home / LOCAL).read_text().replace(discord.api_base, raw_server.url))

    status, line = await ended(start)

    assert status == 5
    assert f"HTTP {says[:3]}" in line
    assert "no reply of Discord's API" in line
    assert "<html>" not in line


async def test_the_gateways_close_code_is_told_in_the_words_of_discords_page(
    start: Start, discord: EmbeddedDiscord
) -> None:
    async with start() as process:
        await discord.gateway.drop(4011)
        _, stderr = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 2
    assert b"4011" in stderr
    assert b"Sharding required" in stderr
