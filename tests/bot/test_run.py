"""`openab-auth run`: the real bot in a process of its own, on the embedded Discord, from slash command to token."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.playground.discord import Answer, EmbeddedDiscord, Modal, Person
from bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer

PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)  # members, presences, message content
Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@pytest.fixture
async def discord() -> AsyncIterator[EmbeddedDiscord]:
    async with EmbeddedDiscord.listening() as discord:
        yield discord


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def ada(discord: EmbeddedDiscord) -> Person:
    return discord.person("ada")


@pytest.fixture
def start(discord: EmbeddedDiscord, issuer: Issuer, ada: Person, home: Path) -> Start:
    """Starts the bot with an operator's config and waits until it is connected."""
    (home / "openab-auth.toml").write_text(f"""
        [discord]
        bot_token = "${{DISCORD_TOKEN}}"
        api_base = "{discord.api_base}"
        allowed_users = ["{ada.id}"]
        [auth]
        vendors = ["lab"]
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "email", "offline_access"]
        account_from = "email"
    """)

    @asynccontextmanager
    async def begin(*words: str, token: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("openab-auth"), *(words or ("run",)), cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "DISCORD_TOKEN": token or discord.bot_token},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            if words or token:
                yield process
                return
            assert process.stderr is not None
            async with asyncio.timeout(20):
                while b"logged in to Discord" not in (line := await process.stderr.readline()):
                    assert line, "the bot ended before it was connected"
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    return begin


async def log_in(ada: Person, issuer: Issuer) -> Answer:
    login = await (await ada.slash("auth login", vendor="lab")).settled()
    redirect = await issuer.approve(login.link_buttons[0])
    modal = await ada.press(login, "Paste the redirect")
    assert isinstance(modal, Modal)
    return await (await modal.submit(redirect)).settled()


async def stop(process: asyncio.subprocess.Process) -> tuple[int | None, float]:
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 15)
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
    assert issuer.grants.family_of(output.decode().strip()) is family
    assert discord.gateway.intents
    assert not any(intents & PRIVILEGED for intents in discord.gateway.intents)


async def test_sigterm_ends_it_clean_within_ten_seconds(start: Start) -> None:
    async with start() as process:
        status, seconds = await stop(process)

    assert status == 0
    assert seconds < 10


async def test_a_login_under_way_is_finished_before_it_stops(
    start: Start, ada: Person, issuer: Issuer, home: Path
) -> None:
    async with start() as process:
        login = await (await ada.slash("auth login", vendor="lab")).settled()
        redirect = await issuer.approve(login.link_buttons[0])
        issuer.faults.next("/token", delay=1.0)
        await ada.slash("auth complete", vendor="lab", redirect=redirect)
        status, seconds = await stop(process)

    assert status == 0
    assert seconds < 10
    assert "lab" in json.loads((home / ".openab/agent/auth.json").read_text())


async def test_a_restart_between_the_two_steps_changes_nothing(start: Start, ada: Person, issuer: Issuer) -> None:
    async with start():
        login = await (await ada.slash("auth login", vendor="lab")).settled()
    async with start():
        modal = await ada.press(login, "Paste the redirect")
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
        async with asyncio.timeout(20):
            while not discord.gateway.resumes:
                await asyncio.sleep(0.05)

        assert "Logged in" in (await log_in(ada, issuer)).content


async def test_a_wrong_token_is_status_2_and_says_where_to_get_one(start: Start) -> None:
    async with start(token="wrong") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 2
    assert b"Bot page" in stderr
    assert b"wrong" not in stderr
