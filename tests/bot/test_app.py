"""`openab-auth run`: the real bot in its own process on the embedded Discord, from slash command to token."""

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from tests.support.patience import PATIENCE, until

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)  # members, presences, message content


async def log_in(ada: Person, issuer: Issuer) -> ShownResponse:
    login = await (await ada.slash("auth login", vendor="lab")).settled()
    redirect = await issuer.approve(login.link_buttons[0])
    modal = await ada.press(login, "Paste it here")
    assert isinstance(modal, Modal)
    return await (await modal.submit(redirect)).settled()


async def stop(process: asyncio.subprocess.Process) -> tuple[int | None, float]:
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, time.monotonic() - begun


async def test_from_the_slash_command_to_a_token_that_the_command_prints(
    start: Start, ada: Person, issuer: Issuer, discord: EmbeddedDiscord
) -> None:
    async with start():
        done = await log_in(ada, issuer)
        async with start("token", "lab") as command:
            output, _ = await command.communicate()

    assert "Logged in" in done.content
    assert done.ephemeral
    [family] = issuer.families
    assert issuer.tokens.family_of(output.decode().strip()) is family
    assert discord.gateway.intents
    assert not any(intents & PRIVILEGED for intents in discord.gateway.intents)


async def test_a_list_of_servers_that_cannot_be_read_is_one_warning(start: Start, home: Path) -> None:
    config = home / ".config/openab-auth/config.toml"
    (home / "mcp.json").write_text("{")
    config.write_text(config.read_text().replace("[auth]", f'[auth]\n        mcp_json = "{home / "mcp.json"}"'))
    lines: list[dict[str, str]] = []
    async with start("run") as process:
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while not lines or "logged in to Discord" not in lines[-1]["message"]:
                lines.append(json.loads(await process.stderr.readline()))
    [warning] = [line for line in lines if "mcp.json" in line["message"]]
    assert warning["level"] == "warning"
    assert "the file ends too early" in warning["message"]


async def test_it_says_at_its_start_which_listed_vendor_is_not_offered_and_why(start: Start, home: Path) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text().replace('vendors = ["lab"]', 'vendors = ["lab", "claude"]'))

    async with start("run") as process, asyncio.timeout(PATIENCE):
        assert process.stderr is not None
        while b"claude is not offered here" not in (line := await process.stderr.readline()):
            assert line, "the bot ended without a word"

    message = json.loads(line)["message"]
    assert "tos-risk" in message
    assert 'add "claude" to [auth] accept_risk' in message


async def test_sigterm_ends_it_clean_and_soon(start: Start) -> None:
    begun = time.monotonic()
    async with start() as process:
        started = time.monotonic() - begun
        status, seconds = await stop(process)

    assert status == 0
    assert seconds < 5 * started  # within the ten seconds of `docker stop`, wherever a start takes less than two


async def test_a_login_under_way_is_finished_before_it_stops(
    start: Start, ada: Person, issuer: Issuer, home: Path
) -> None:
    begun = time.monotonic()
    async with start() as process:
        started = time.monotonic() - begun
        login = await (await ada.slash("auth login", vendor="lab")).settled()
        redirect = await issuer.approve(login.link_buttons[0])
        issuer.faults.next("/token", delay=1.0)
        await ada.slash("auth complete", vendor="lab", redirect=redirect)
        status, seconds = await stop(process)

    assert status == 0
    assert seconds < 1 + 5 * started
    assert "lab" in json.loads((home / ".openab/agent/auth.json").read_text())


async def test_a_restart_between_the_two_steps_changes_nothing(start: Start, ada: Person, issuer: Issuer) -> None:
    async with start():
        login = await (await ada.slash("auth login", vendor="lab")).settled()
    async with start():
        modal = await ada.press(login, "Paste it here")
        assert isinstance(modal, Modal)
        done = await (await modal.submit(await issuer.approve(login.link_buttons[0]))).settled()

    assert "Logged in" in done.content


async def test_commands_are_registered_once_and_not_again_by_a_restart(start: Start, discord: EmbeddedDiscord) -> None:
    for _ in range(2):
        async with start():
            pass

    puts = [seen for seen in discord.requests if seen.method == "PUT"]
    assert len(puts) == 1
    assert discord.commands()[0]["name"] == "auth"


async def test_it_resumes_after_the_gateway_drops(
    start: Start, ada: Person, issuer: Issuer, discord: EmbeddedDiscord
) -> None:
    async with start():
        await discord.gateway.drop()
        await until(lambda: bool(discord.gateway.resumes))

        assert "Logged in" in (await log_in(ada, issuer)).content


async def test_a_wrong_token_is_status_2_and_says_where_to_get_one(start: Start) -> None:
    async with start(token="canary-5b21") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 2
    assert b"Bot page" in stderr
    assert b"canary-5b21" not in stderr


async def test_a_token_reset_in_mid_run_is_status_2_and_says_where_to_get_one(
    start: Start, discord: EmbeddedDiscord
) -> None:
    async with start() as process:
        await discord.gateway.drop(4004)
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 2
    assert b"Bot page" in stderr


async def test_sigterm_ends_a_bot_that_discord_keeps_waiting(start: Start, discord: EmbeddedDiscord) -> None:
    discord.faults.next("commands", delay=60)
    async with start("run") as process:
        await until(lambda: any(seen.path.endswith("/commands") for seen in discord.requests))
        status, seconds = await stop(process)

    assert status == 0
    assert seconds < 5


async def test_a_login_that_waits_for_a_lock_is_stored_before_the_bot_stops(
    start: Start, ada: Person, issuer: Issuer, home: Path
) -> None:
    """Another program refreshes forever; the person's new login must not be lost."""
    begun = time.monotonic()
    async with start() as process:
        started = time.monotonic() - begun
        login = await (await ada.slash("auth login", vendor="lab")).settled()
        redirect = await issuer.approve(login.link_buttons[0])
        sidecar = os.open(home / ".openab/agent/auth.json.refresh.lab.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(sidecar, fcntl.LOCK_EX)
        await ada.slash("auth complete", vendor="lab", redirect=redirect)
        while not issuer.families:
            await asyncio.sleep(0.02)
        status, seconds = await stop(process)
        os.close(sidecar)

    assert status == 0
    assert seconds < 1 + 5 * started
    assert "lab" in json.loads((home / ".openab/agent/auth.json").read_text())


async def test_guilds_that_do_not_know_the_bot_are_named(start: Start, home: Path) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text().replace("allowed_users", 'guild_ids = ["123456789012345678"]\nallowed_users'))
    async with start("run") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 2
    assert b"123456789012345678" in stderr
    assert b"discord.guild_ids" in stderr.splitlines()[-1]


async def test_a_guild_that_does_not_know_the_bot_keeps_no_other_waiting(
    start: Start, ada: Person, issuer: Issuer, discord: EmbeddedDiscord, home: Path
) -> None:
    async with start():
        assert discord.commands()  # registered globally, before the operator wrote down guilds
    config = home / ".config/openab-auth/config.toml"
    guilds = f'guild_ids = ["123456789012345678", "{discord.guild_id}"]'
    config.write_text(config.read_text().replace("allowed_users", f"{guilds}\nallowed_users"))
    async with start():
        assert "Logged in" in (await log_in(ada, issuer)).content

    assert len(discord.commands()) == 1  # not once globally and once in the guild


async def test_a_discord_that_cannot_be_reached_is_status_5(start: Start, home: Path, discord: EmbeddedDiscord) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text().replace(discord.api_base, "http://127.0.0.1:9/api/v10"))
    async with start("run") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 5
    assert b"127.0.0.1:9" in stderr
