"""The page's API, without a browser: the real bot in its own process, a real sign-in, real failures."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import decide, decide_device
from tests.bot.playground.page_browser import Browser, Json, login_link, parts, text_of
from tests.support.patience import PATIENCE, until


async def begin(browser: Browser) -> Json:
    await browser.act("slash", where="guild", command="auth login", options={"vendor": "playground"})
    return await browser.until(lambda view: any(part.get("url") for part in parts(view)))


async def test_the_api_serves_the_page_and_refuses_invalid_requests(browser: Browser) -> None:
    page = await browser.http.get(browser.ready["url"])
    assert page.headers["Content-Type"].startswith("text/html")
    for name, kind in (("main.js", "javascript"), ("base.css", "css"), ("icon.svg", "svg")):
        assert f"/{name}" in page.text
        assert kind in (await browser.http.get(f"/{name}")).headers["Content-Type"]
    begin = (await browser.http.get("/api/start")).json()
    assert [person["name"] for person in begin["people"]] == ["ada", "grace", "bob"]
    assert "auth login" in [command["name"] for command in (await browser.view())["commands"]]
    offered = await browser.act("complete", command="auth login", option="vendor", value="")
    assert [choice["value"] for choice in offered["choices"]] == ["playground", "by-code", "by-key", "mcp:notes"]

    wrong: list[object] = [
        {"experiment": "expire"},
        {"experiment": "revoke"},
        {"experiment": "start over"},
        {"experiment": 1},
        [],
    ]
    for body in wrong:
        refused = await browser.http.post("/api/experiment", json=body)
        assert refused.status_code in {400, 409}
        assert refused.json()["error"]
    nobody = await browser.http.post("/api/say", json={"person": "eve", "text": "hello"})
    nowhere = await browser.http.post("/api/say", json={"person": "ada", "where": "attic", "text": "hello"})
    unreadable = await browser.http.post(
        "/api/say", content=b"{}", headers={"Content-Type": "application/json; charset=martian"}
    )
    assert {nobody.status_code, nowhere.status_code, unreadable.status_code} == {400}
    no_command = await browser.http.post("/api/slash", json={"person": "ada"})
    no_choice = await browser.http.post("/api/choose", json={"person": "ada", "values": 5})
    assert (no_command.status_code, no_choice.status_code) == (409, 400)

    (thread,) = [place["where"] for place in begin["places"] if place["name"] == "shared-thread"]
    await browser.act("slash", where=thread, command="auth help")
    await browser.until(lambda view: bool(view["messages"]), where=thread)
    (started,) = (await browser.view(where="guild"))["messages"]  # messages of a thread stay in the thread
    assert started["thread"] == "shared-thread"

    await browser.act("slash", where="guild", command="auth login", options={"vendor": "by-code"})
    shown = text_of(await browser.until(lambda view: "/device" in text_of(view)))
    user_code = re.search(r"[A-Z]{4}-[A-Z]{4}", shown)
    assert user_code is not None
    await decide_device(f"{browser.ready['issuer']}/device", user_code[0], "allow", "grace@example.com")
    view = await browser.until(
        lambda view: any("account" in fact["facts"] for fact in view["store"])
    )  # the note follows
    assert view["store"][0]["facts"]["account"] == "grace@example.com"


async def test_a_full_disk_loses_no_login_and_asks_for_no_refresh(browser: Browser) -> None:
    redirect = await decide(login_link(await begin(browser)), "allow", "ada@example.com")
    await browser.act("say", where="dm", text=redirect)
    (login,) = (await browser.until(lambda view: any(fact["kind"] == "login" for fact in view["store"])))["store"]
    await browser.act("experiment", experiment="fill")
    await browser.act("experiment", experiment="expire")
    await browser.act("experiment", experiment="agents")
    view = await browser.until(lambda view: "agents" in view["results"])
    assert "0 of 32 agents were served. The server saw 0 refreshes." in view["results"]["agents"]
    assert view["store"][0]["facts"]["refresh_token"] == login["facts"]["refresh_token"]
    await browser.act("experiment", experiment="free")
    await browser.act("experiment", experiment="agents")
    view = await browser.until(lambda view: "32 of 32" in view["results"].get("agents", ""))
    assert "The server saw 1 refresh. All have the same token." in view["results"]["agents"]
    await browser.act("experiment", experiment="revoke")
    await browser.act("experiment", experiment="agents")
    view = await browser.until(lambda view: "0 of 32" in view["results"].get("agents", ""))
    assert "The server saw 1 refresh." in view["results"]["agents"]
    assert [fact["kind"] for fact in view["store"]] == ["dead"]
    assert any("agent" in hold["holder"] for hold in view["locks"]["past"])  # the bot may hold a lock afterwards


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_stops_cleanly_on_a_signal(browser: Browser, number: signal.Signals) -> None:
    assert browser.ready.keys() == {"ready", "url", "discord_api", "issuer"}
    browser.process.send_signal(number)
    assert await asyncio.wait_for(browser.process.wait(), PATIENCE) == 0
    assert browser.process.stdout is not None
    assert await browser.process.stdout.read() == b""  # only the ready line was printed


def runs(pid: int) -> bool:
    """Return whether the process is alive; a zombie has no command line."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_a_killed_playground_leaves_no_bot_running(browser: Browser) -> None:
    bot = (await browser.view())["bot"]["pid"]
    browser.process.kill()
    await browser.process.wait()
    await until(lambda: not runs(bot))
