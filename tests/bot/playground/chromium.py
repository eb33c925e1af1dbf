"""A real Chromium with a real playground; without Chromium, the tests are skipped."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Locator, Page, async_playwright, expect

from tests.support.patience import PATIENCE

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(__file__).parents[3] / "screenshots"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # root cannot use the sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
needs_chromium = pytest.mark.skipif(EXECUTABLE is None, reason="there is no Chromium here (apt-get install chromium)")
expect.set_options(timeout=1000 * PATIENCE)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor of the page; `mistakes` contains the errors of the browser's console."""

    page: Page
    context: BrowserContext
    mistakes: list[str]

    @property
    def message(self) -> Locator:
        """Return the newest message."""
        return self.page.locator(".message").last

    @property
    def messages(self) -> Locator:
        """Return all messages but those that threads began with."""
        return self.page.locator(".message:not(.starter)")

    @property
    def paste_button(self) -> Locator:
        """Return the button of the newest login message that opens the form."""
        return self.page.locator(".message .row button.primary").last

    @property
    def choices(self) -> Locator:
        """Return the entries of the list above the input."""
        return self.page.locator("#choices [role=option]")

    @property
    def store(self) -> Locator:
        """Return the view of the store."""
        return self.page.locator("#store")

    async def begin(self) -> str:
        """Send /auth login with the keyboard, and return the login link."""
        before = await self.messages.count()
        await self.page.locator("#text").fill("/auth login ")
        await expect(self.choices).to_have_count(4)  # vendors with a paste, a code and a key, and the MCP server
        await self.page.keyboard.press("Enter")
        await self.page.keyboard.press("Enter")
        link = self.messages.nth(before).locator("a.button")
        await expect(link).to_be_visible()
        return str(await link.get_attribute("href"))

    async def begin_for(self, account: str) -> str:
        """Choose the vendor and this account by clicks, send the command, and return the login link."""
        before = await self.messages.count()
        await self.page.locator("#text").fill("/auth login ")
        await self.choices.first.click()
        await self.page.locator("#typed .more").click()
        await self.choices.filter(has_text=account).click()
        await self.page.get_by_role("button", name="Send").click()
        link = self.messages.nth(before).locator("a.button")
        await expect(link).to_be_visible()
        return str(await link.get_attribute("href"))

    async def paste(self, text: str) -> None:
        """Paste `text` into the form of the newest login message."""
        await self.paste_button.click()
        await self.page.locator("#modal textarea").fill(text)
        await self.page.locator("#modal-submit").click()
        await expect(self.page.locator("#modal")).to_be_hidden()

    async def be(self, person: str) -> None:
        """Switch to another person."""
        await self.page.locator(f"#people button[data-name={person}]").click()

    async def go(self, place: str) -> None:
        """Switch to another channel or thread."""
        await self.page.locator("#places button", has_text=place).click()

    async def experiment(self, name: str) -> None:
        """Press the button of an experiment."""
        await self.page.locator(f"[data-experiment={name}]").click()

    async def shot(self, name: str) -> None:
        """Save a screenshot."""
        await self.page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")

    async def check(self, page: Page | None = None) -> None:
        """Check that axe finds no serious problem and that nothing is wider than the window."""
        shown = page or self.page
        found = (await Axe().run(shown)).response["violations"]
        grave = [each for each in found if each["impact"] in {"serious", "critical"}]
        assert not grave, json.dumps([(each["id"], each["nodes"][0]["html"][:300], each["help"]) for each in grave])
        assert await shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


@asynccontextmanager
async def visiting(width: int = 1440, height: int = 900, words: Sequence[str] = ()) -> AsyncIterator[Visit]:
    """Start a playground with these words and a browser, and open the printed address."""
    async with _playground(words) as url, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        context = await chromium.new_context(viewport={"width": width, "height": height}, color_scheme="light")
        context.set_default_timeout(1000 * PATIENCE)
        page, mistakes = await context.new_page(), list[str]()
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda line: mistakes.append(line.text) if line.type == "error" else None)
        await page.goto(url)
        await expect(page.locator(".welcome")).to_be_visible()
        yield Visit(page, context, mistakes)
        await chromium.close()


@asynccontextmanager
async def _playground(words: Sequence[str]) -> AsyncIterator[str]:
    command = (sys.executable, "-m", "openab_auth", "playground", "--json", *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE))["url"]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE)
