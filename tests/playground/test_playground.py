"""The whole path as a person takes it: the page's own requests, the real bot in its own process, a real sign-in."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from bot.playground.gate import KEY_HEADER
from bot.playground.issuer.browser import decide

Json = dict[str, Any]


@dataclass(slots=True)
class Browser:
    """What page.js does, without the drawing."""

    http: httpx2.AsyncClient
    ready: Json
    process: asyncio.subprocess.Process

    async def act(self, name: str, person: str = "ada", **body: object) -> Json:
        reply = await self.http.post(f"/api/{name}", json={"person": person, **body})
        assert reply.status_code == 200, reply.text
        answer: Json = reply.json()
        return answer

    async def view(self, person: str = "ada", where: str = "guild") -> Json:
        reply = await self.http.get("/api/view", params={"person": person, "where": where})
        assert reply.status_code == 200, reply.text
        view: Json = reply.json()
        return view

    async def until(self, seen: Callable[[Json], bool], person: str = "ada", where: str = "guild") -> Json:
        ends = time.monotonic() + 15
        while not seen(view := await self.view(person, where)):
            assert time.monotonic() < ends, view
            await asyncio.sleep(0.05)
        return view


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "playground", "--json", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        address = urlsplit(ready["url"])
        headers = {KEY_HEADER: parse_qs(address.query)["key"][0]}
        async with httpx2.AsyncClient(
            base_url=f"http://{address.netloc}", headers=headers, timeout=15, trust_env=False
        ) as http:
            yield Browser(http, ready, process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 12)


def text_of(view: Json) -> str:
    return json.dumps(view["messages"], ensure_ascii=False)


def parts(view: Json) -> list[Json]:
    return [part for message in view["messages"] for row in message["components"] for part in row["components"]]


def login_link(view: Json) -> str:
    return next(str(part["url"]) for part in parts(view) if part.get("url"))


async def begin(browser: Browser) -> Json:
    await browser.act("slash", where="guild", command="auth login", options={"vendor": "playground"})
    return await browser.until(lambda view: any(part.get("url") for part in parts(view)))


async def paste(browser: Browser, view: Json, redirect: str) -> None:
    message = view["messages"][-1]
    button = next(part for part in parts(view) if part.get("label") == "Paste it here")
    modal = (await browser.act("press", message=message["id"], custom_id=button["custom_id"]))["modal"]
    (field,) = modal["fields"]
    await browser.act("submit", modal=modal["id"], fields={field["custom_id"]: redirect})


async def test_a_login_from_the_slash_command_to_the_store(browser: Browser) -> None:
    view = await begin(browser)
    assert any("pending:playground:" in fact["title"] for fact in view["store"])
    redirect = await decide(login_link(view), "allow", "ada@example.com")
    assert redirect.startswith("http://localhost:1455/auth/callback?")
    await paste(browser, view, redirect)
    view = await browser.until(lambda view: any(fact["title"] == "playground" for fact in view["store"]))
    (entry,) = view["store"]
    assert entry["facts"]["account"] == "ada@example.com"
    assert [fact["facts"]["grant_type"] for fact in view["posted"] if fact["title"] == "POST /token"] == [
        "authorization_code"
    ]
    everything = json.dumps([view["store"], view["posted"]])
    assert parse_qs(urlsplit(redirect).query)["code"][0] not in everything
    assert not re.search(r"\b(?:at|rt|ac)_[\w-]{8}", everything)
    assert "logged in" in text_of(await browser.until(lambda view: "logged in" in text_of(view).lower())).lower()


async def test_denying_at_the_vendor_ends_the_login_and_stores_nothing(browser: Browser) -> None:
    view = await begin(browser)
    await paste(browser, view, await decide(login_link(view), "deny", ""))
    view = await browser.until(lambda view: not view["store"])
    assert all(fact["title"] != "POST /token" for fact in view["posted"])


async def test_a_paste_in_a_dm_finishes_the_login(browser: Browser) -> None:
    redirect = await decide(login_link(await begin(browser)), "allow", "ada@example.com")
    await browser.act("dm", text=redirect)
    await browser.until(lambda view: any(fact["title"] == "playground" for fact in view["store"]), where="dm")


async def test_somebody_not_allowed_gets_no_link_and_leaves_no_trace(browser: Browser) -> None:
    await browser.act("slash", "bob", where="guild", command="auth login", options={"vendor": "playground"})
    view = await browser.until(lambda view: bool(view["messages"]) and bool(view["messages"][-1]["content"]), "bob")
    assert not any(part.get("url") for part in parts(view))
    assert view["store"] == []
    assert (await browser.view("ada"))["messages"] == []  # the refusal was for bob alone


async def test_only_the_playground_s_vendor_is_offered(browser: Browser) -> None:
    offered = await browser.act("complete", command="auth login", option="vendor", value="")
    assert [choice["value"] for choice in offered["choices"]] == ["playground"]


async def test_the_page_comes_with_all_it_needs(browser: Browser) -> None:
    page = await browser.http.get(browser.ready["url"])
    assert page.headers["Content-Type"].startswith("text/html")
    for name, kind in (("page.js", "javascript"), ("page.css", "css")):
        assert f"/{name}" in page.text
        assert kind in (await browser.http.get(f"/{name}")).headers["Content-Type"]
    begin = (await browser.http.get("/api/start")).json()
    assert [person["name"] for person in begin["people"]] == ["ada", "bob"]
    assert "auth login" in [command["name"] for command in begin["commands"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_clean_when_told_to(browser: Browser, number: signal.Signals) -> None:
    assert browser.ready.keys() == {"ready", "url", "discord_api", "issuer"}
    browser.process.send_signal(number)
    assert await asyncio.wait_for(browser.process.wait(), 10) == 0
    assert browser.process.stdout is not None
    assert await browser.process.stdout.read() == b""  # the ready line was the only one
