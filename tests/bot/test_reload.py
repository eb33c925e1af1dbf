"""SIGHUP reloads the config of the running bot: as a whole, or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person
from openab_auth.bot.playground.issuer import Issuer
from tests.support.notify import hearing
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


def edit(home: Path, *changes: tuple[str, str]) -> None:
    config = home / ".config/openab-auth/config.toml"
    text = config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)


async def said(process: asyncio.subprocess.Process, words: str) -> list[dict[str, str]]:
    """Return the log up to the line with these words."""
    assert process.stderr is not None
    lines: list[dict[str, str]] = []
    async with asyncio.timeout(PATIENCE):
        while not lines or words not in lines[-1]["message"]:
            lines.append(json.loads(await process.stderr.readline()))
    return lines


async def test_rules_and_vendors_are_new_at_once_and_a_pending_login_goes_on(
    start: Start, ada: Person, issuer: Issuer, discord: EmbeddedDiscord, home: Path
) -> None:
    grace = discord.person("grace")
    with hearing(home) as systemd:
        async with start(env={"NOTIFY_SOCKET": systemd.address}) as process:
            assert (await systemd.next())["READY"] == "1"
            pending = await (await ada.slash("auth login", vendor="lab")).settled()
            refused = await (await grace.slash("auth login", vendor="lab")).settled()
            edit(
                home,
                (f'allowed_users = ["{ada.id}"]', f'allowed_users = ["{ada.id}", "{grace.id}"]\nguild_ids = ["9"]'),
                ('vendors = ["lab"]', 'vendors = ["lab", "forge"]\nrefresh_ahead = false'),
                (issuer.token_url, "http://127.0.0.1:1/token"),
                ("[vendors.lab]", "[vendors.forge]\nflow = 'key'\nauthorize_url = 'https://x.example'\n[vendors.lab]"),
            )

            process.send_signal(signal.SIGHUP)
            assert "RELOADING" in await systemd.next()
            ready = await systemd.next()

            assert ready["READY"] == "1"
            assert ready["STATUS"].startswith(
                "config reloaded: 2 people and 0 roles may use /auth; vendors offered: lab, forge; used only after a"
            )
            lines = await said(process, "used only after a restart")
            assert lines[-1]["message"].endswith(": discord.guild_ids, auth.refresh_ahead")
            assert lines[-1]["level"] == "warning"

            begun = await (await grace.slash("auth login", vendor="forge")).settled()
            redirect = await issuer.approve(pending.link_buttons[0])
            modal = await ada.press(pending, "Paste it here")
            assert isinstance(modal, Modal)
            done = await (await modal.submit(redirect)).settled()
            process.send_signal(signal.SIGTERM)
            assert (await systemd.next())["STOPPING"] == "1"
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    assert not refused.link_buttons
    assert begun.link_buttons
    assert "Logged in" in done.content


async def test_a_broken_config_leaves_the_old_one_running_and_names_each_mistake(
    start: Start, ada: Person, home: Path
) -> None:
    async with start("run") as process:
        await said(process, "logged in to Discord")
        edit(
            home,
            (f'allowed_users = ["{ada.id}"]', 'allowed_users = ["canary"]\ntoken_file = "missing"'),
            ('vendors = ["lab"]', 'vendors = ["canary"]'),
            ('bot_token = "${DISCORD_TOKEN}"', ""),
        )

        process.send_signal(signal.SIGHUP)
        *_, line = await said(process, "was not reloaded")
        login = await (await ada.slash("auth login", vendor="lab")).settled()
        edit(home, ('vendors = ["canary"]', "vendors = ["))
        process.send_signal(signal.SIGHUP)
        *_, second = await said(process, "was not reloaded")

    assert login.link_buttons
    assert line["level"] == "error"
    assert "discord.allowed_users: must hold Discord ids" in line["message"]
    assert "discord.token_file: cannot be read (No such file or directory)" in line["message"]
    assert "auth.vendors: there is no vendor 'canary'" in line["message"]
    assert line["message"].endswith("; the earlier config stays in use; correct it and reload again")
    assert "is no TOML" in second["message"]


async def test_a_person_who_is_taken_off_the_list_stops_at_once(start: Start, ada: Person, home: Path) -> None:
    async with start("run") as process:
        await said(process, "logged in to Discord")
        edit(home, (f'allowed_users = ["{ada.id}"]', "allowed_users = []"))
        process.send_signal(signal.SIGHUP)
        await said(process, "config reloaded: nobody may use /auth")

        refused = await (await ada.slash("auth login", vendor="lab")).settled()

    assert not refused.link_buttons


async def test_a_bot_that_has_lost_its_terminal_stops(start: Start, home: Path, discord: EmbeddedDiscord) -> None:
    """Somebody has closed the window in which it ran."""
    outside, inside = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        "setsid", "--ctty", Path(sys.executable).with_name("openab-auth"), "run", cwd=home, stdin=inside,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "DISCORD_TOKEN": discord.bot_token},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(inside)
    try:
        await said(process, "logged in to Discord")
        process.send_signal(signal.SIGHUP)  # the terminal is still there
        await said(process, "config reloaded")

        os.close(outside)

        await said(process, "stopping")
        await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 0
