"""What the page asks for, without the page: the real bot in its own process, a real sign-in, real trouble."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
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
        return await self.until(lambda _: True, person, where)

    async def until(self, seen: Callable[[Json], bool], person: str = "ada", where: str = "guild") -> Json:
        view: Json = {}
        try:
            async with (
                asyncio.timeout(30),
                self.http.stream("GET", "/api/live", params={"person": person, "where": where}) as news,
            ):
                async for line in news.aiter_lines():
                    view |= json.loads(line)
                    if seen(view):
                        return view
        except TimeoutError:
            pass
        pytest.fail(json.dumps(view))


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
    (posted,) = [seen for seen in view["posted"] if seen["title"] == "POST /token"]
    assert (posted["facts"]["grant_type"], posted["status"]) == ("authorization_code", 200)
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
    await browser.act("say", where="dm", text=redirect)
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
    for name, kind in (("main.js", "javascript"), ("base.css", "css"), ("icon.svg", "svg")):
        assert f"/{name}" in page.text
        assert kind in (await browser.http.get(f"/{name}")).headers["Content-Type"]
    begin = (await browser.http.get("/api/start")).json()
    assert [person["name"] for person in begin["people"]] == ["ada", "grace", "bob"]
    assert "auth login" in [command["name"] for command in (await browser.view())["commands"]]


async def test_what_a_thread_says_stays_in_it(browser: Browser) -> None:
    await browser.act("slash", where="thread", command="auth help")
    await browser.until(lambda view: bool(view["messages"]), where="thread")
    assert (await browser.view(where="guild"))["messages"] == []


async def test_a_killed_bot_is_silent_and_the_next_one_finishes_the_login(browser: Browser) -> None:
    redirect = await decide(login_link(await begin(browser)), "allow", "ada@example.com")
    before = (await browser.view())["bot"]["pid"]
    await browser.act("trial", trial="kill")
    assert (await browser.view())["bot"] == {"state": "down", "pid": None}
    silent = await browser.http.post(
        "/api/slash", json={"person": "ada", "where": "guild", "command": "auth complete", "options": {"redirect": "x"}}
    )
    assert (silent.status_code, silent.json()["error"]) == (504, "The application did not respond.")
    await browser.act("trial", trial="start")
    await paste(browser, await browser.view(), redirect)
    view = await browser.until(lambda view: any(fact["kind"] == "login" for fact in view["store"]))
    assert view["bot"]["state"] == "running"
    assert view["bot"]["pid"] != before


async def test_a_full_disk_loses_no_login_and_asks_for_no_refresh(browser: Browser) -> None:
    redirect = await decide(login_link(await begin(browser)), "allow", "ada@example.com")
    await browser.act("say", where="dm", text=redirect)
    (login,) = (await browser.until(lambda view: any(fact["kind"] == "login" for fact in view["store"])))["store"]
    await browser.act("trial", trial="fill")
    await browser.act("trial", trial="expire")
    await browser.act("trial", trial="agents")
    view = await browser.until(lambda view: "agents" in view["said"])
    assert "0 of 32 agents were served. The server saw 0 refreshes." in view["said"]["agents"]
    assert view["store"][0]["facts"]["refresh_token"] == login["facts"]["refresh_token"]
    await browser.act("trial", trial="free")
    await browser.act("trial", trial="agents")
    view = await browser.until(lambda view: "32 of 32" in view["said"].get("agents", ""))
    assert "The server saw 1 refresh. All have the same token." in view["said"]["agents"]
    await browser.act("trial", trial="revoke")
    await browser.act("trial", trial="agents")
    view = await browser.until(lambda view: "0 of 32" in view["said"].get("agents", ""))
    assert "The server saw 1 refresh." in view["said"]["agents"]
    assert [fact["kind"] for fact in view["store"]] == ["dead"]
    assert "agent" in view["locks"]["past"][0]["holder"]


async def test_trouble_with_nothing_to_work_on_is_refused(browser: Browser) -> None:
    for trial in ("expire", "revoke", "start over"):
        refused = await browser.http.post("/api/trial", json={"trial": trial})
        assert refused.status_code in {400, 409}
        assert refused.json()["error"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_clean_when_told_to(browser: Browser, number: signal.Signals) -> None:
    assert browser.ready.keys() == {"ready", "url", "discord_api", "issuer"}
    browser.process.send_signal(number)
    assert await asyncio.wait_for(browser.process.wait(), 10) == 0
    assert browser.process.stdout is not None
    assert await browser.process.stdout.read() == b""  # the ready line was the only one
