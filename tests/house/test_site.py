"""The documentation site builds strictly, asks no other host for anything, and finds pages in both languages."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

import openab_auth
from tests.bot.playground.chromium import ARGUMENTS, EXECUTABLE
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
LOADED = {"src", "srcset", "poster", "data", "action", "background"}
OPENED_BY_A_PERSON = {"a", "area"}
NO_NAMES = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
SEARCHES = {
    "hazards": "explanation/two-hazards.html",
    "打不開": "people/zh-TW.html",
    "get_valid": "reference/python.html",
}


class Loads(HTMLParser):
    """Collect the addresses that a browser loads by itself with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = LOADED if tag in OPENED_BY_A_PERSON else LOADED | {"href", "xlink:href"}
        self.found += [value for name, value in attrs if name in names and value]


async def test_it_builds_strictly_loads_only_its_own_files_and_can_be_searched(tmp_path: Path) -> None:
    site = tmp_path / "site"
    await build(site)

    assert {path: found for path in sorted(site.rglob("*.html")) if (found := foreign_loads(path))} == {}
    articles = {path: path.read_text().partition("<article")[2] for path in site.rglob("*.html")}
    assert [path for path, text in articles.items() if "```" in text] == []  # a block that is shown as it is written
    styles = [path.read_text() for path in site.rglob("*.css")]
    assert [
        found for text in styles for found in re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//\S+", text)
    ] == []
    python = (site / "reference/python.html").read_text()
    assert [name for name in openab_auth.__all__ if not re.search(rf'id="[\w.]+\.{name}"', python)] == []

    if EXECUTABLE is None:
        pytest.skip("it was built; there is no Chromium here that could search it")
    with serving(site) as address:
        async with offline(address) as (page, requests, mistakes):
            for name in ("index.html", "people/zh-TW.html", "reference/python.html", "tutorial/first-login.html"):
                await page.goto(f"{address}/{name}", wait_until="networkidle")
            for word, leads_to in SEARCHES.items():
                await page.goto(f"{address}/index.html")
                await page.get_by_role("textbox", name="Search").click()
                await page.keyboard.type(word)
                result = page.locator(f".md-search-result__link[href*='{leads_to}']").first
                await expect(result).to_be_attached()
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert mistakes == []


async def build(site: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "NO_MKDOCS_2_WARNING": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, said.decode()


def foreign_loads(page: Path) -> list[str]:
    """Return what a page loads from another host; an address without a scheme lies on the site."""
    reader = Loads()
    reader.feed(page.read_text())
    return [one for one in reader.found if re.match(r"(?!data:|mailto:)[a-z][a-z+.-]*:|//", one, re.IGNORECASE)]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(PATIENCE)


@asynccontextmanager
async def offline(address: str) -> AsyncIterator[tuple[Page, list[str], list[str]]]:
    """Open a browser that reaches only this address; yield its page, what it asked for, and its complaints."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, NO_NAMES])
        context = await chromium.new_context()
        context.set_default_timeout(1000 * PATIENCE)
        requests, mistakes = list[str](), list[str]()
        context.on("request", lambda request: requests.append(request.url))
        page = await context.new_page()
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        yield page, requests, mistakes
        await chromium.close()
