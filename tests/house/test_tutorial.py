"""docs/tutorial/first-login.md: its commands are run and its buttons are pressed, in the order of the page."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.bot.playground.chromium import ARGUMENTS, EXECUTABLE, needs_chromium
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorial/first-login.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
PRESSED = re.findall(r"^\d+\. .*?\*\*(.+?)\*\*", PAGE, re.MULTILINE)
CONFIG = "/tmp/openab-auth-playground-…/openab-auth.toml"  # noqa: S108 - as the page prints it

pytestmark = [needs_chromium, pytest.mark.timeout(150)]


async def test_a_new_reader_logs_in_shares_one_refresh_and_logs_out(home: Path) -> None:
    start, read = BLOCKS
    pressed = iter(PRESSED)
    async with started(start, home) as (url, config), opened(url) as (context, page):

        async def press(role: Literal["button", "link", "option", "radio"] = "button", where: Page = page) -> None:
            label = next(pressed).replace("/", "[/]")  # playwright writes the pattern between slashes
            name = re.compile(rf"^\W*{label}\b")  # some controls say more after their name
            await where.get_by_role(role, name=name).first.click()

        await press()
        await press("option")
        await press()
        await expect(page.locator("#store")).to_contain_text("waiting for the person")

        await press("link")
        async with context.expect_page() as opening:
            await press("link")
        vendor = await opening.value
        await press("radio", vendor)
        async with vendor.expect_event("requestfailed") as ended:
            await press(where=vendor)
        address = (await ended.value).url
        assert address.startswith("http://localhost:1455")
        assert "http://localhost:1455" in PAGE

        await press()
        await page.locator("#modal textarea").fill(address)
        await press()
        await expect(page.locator("#store")).to_contain_text("ada@example.com")

        assert CONFIG in read
        status, token = (await in_shell(read.replace(CONFIG, config), home)).rsplit("\n", 1)
        assert "ada@example.com" in status
        assert re.fullmatch(r"[\w.-]{8,}", token)

        await press()
        await expect(page.locator("#result-expire")).not_to_be_empty()
        await press()
        promised = re.search(r"The page says: \*(.+?)\*", PAGE)
        assert promised is not None
        await expect(page.locator("#result-agents")).to_have_text(promised.group(1))

        typed = re.search(r"type `(/auth logout )`", PAGE)
        assert typed is not None
        await page.locator("#text").fill(typed.group(1))
        await press("option")
        await press()
        await press()
        await expect(page.locator("#store")).to_contain_text("nobody is logged in")
    assert [*pressed] == []


@asynccontextmanager
async def started(command: str, home: Path) -> AsyncIterator[tuple[str, str]]:
    """Run the page's first command; return the address that it prints and the config that the bot names."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    with (home / "log").open("w+") as log:
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f"exec {command}", cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        assert process.stdout is not None
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
            log.seek(0)
            url, config = re.search(r"open (\S+)", line), re.search(r"config (\S+);", log.read())
            assert url is not None
            assert config is not None
            yield url.group(1), config.group(1)
        finally:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), PATIENCE)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[BrowserContext, Page]]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        context = await chromium.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(1000 * PATIENCE)
        page = await context.new_page()
        await page.goto(url)
        yield context, page
        await chromium.close()


async def in_shell(commands: str, home: Path) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    process = await asyncio.create_subprocess_exec(
        "bash", "-ec", commands, cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    return printed.decode().strip()
