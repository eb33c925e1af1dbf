"""The bot of docs/how-to/host-bot.md, exactly as printed there, in its own process."""

import asyncio
import os
import sys
from pathlib import Path

import discord
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord
from tests.support.patience import PATIENCE

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "host_bot.py"
# The example talks to the real Discord; only that is changed.
POINT = """
import asyncio, runpy, sys
from openab_auth.bot.client import point_discord_at
asyncio.run(point_discord_at(sys.argv[1]))
runpy.run_path(sys.argv[2], run_name="__main__")
"""


async def test_the_host_bot_of_the_docs_answers_auth_help(tmp_path: Path) -> None:
    async with EmbeddedDiscord.listening() as world:
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DISCORD_TOKEN": world.bot_token}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            POINT,
            world.api_base,
            str(EXAMPLE),
            cwd=tmp_path,
            env=environ,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert await world.until(lambda: bool(world.commands()), PATIENCE)
            ada = world.person("ada")
            answer = await ada.slash("auth help")
            while answer.failed:  # the gateway comes after the commands
                answer = await ada.slash("auth help")
            await answer.settled()
            assert answer.ephemeral
            assert "You can't log agents in yet" in answer.content
        finally:
            process.terminate()
            _, errors = await process.communicate()
        assert b"Traceback" not in errors.replace(b"KeyboardInterrupt", b"")


def test_the_page_prints_the_example() -> None:
    page = (EXAMPLE.parents[1] / "how-to/host-bot.md").read_text(encoding="utf-8")
    code = EXAMPLE.read_text(encoding="utf-8")
    printed = page.split("```python\n")[1].split("```")[0]
    wanted = [line for line in printed.splitlines() if line.strip()]
    assert wanted
    assert all(line in code.splitlines() for line in wanted)


@pytest.mark.parametrize("name", ["discord.gateway", "discord.webhook.async_"])
def test_the_loggers_that_the_page_names_are_those_of_the_library(name: str) -> None:
    page = (EXAMPLE.parents[1] / "how-to/host-bot.md").read_text(encoding="utf-8")
    assert name in page
    module = discord.gateway if name.endswith("gateway") else discord.webhook.async_
    assert module._log.name == name
