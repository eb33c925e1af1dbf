"""Agents in the playground's threads ask for a login, wait for it, and go on, over the page's API."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.issuer import decide
from tests.bot.playground.page_browser import Browser, Json, parts, text_of


async def places(browser: Browser) -> dict[str, str]:
    return {place["name"]: place["where"] for place in (await browser.http.get("/api/start")).json()["places"]}


def agent_in(view: Json, thread: str) -> Json:
    agent: Json = view["thread_agents"]["each"].get(thread, {"state": ""})
    return agent


def requests_in(view: Json) -> list[Json]:
    """Return the messages of the bot that everybody in the place sees."""
    return [message for message in view["messages"] if message["bot"] and not message["ephemeral"]]


def button(view: Json) -> tuple[str, str]:
    """Return the message and the id of the button *Log in*."""
    (message,) = requests_in(view)
    (part,) = [part for part in parts({"messages": [message]}) if part.get("label") == "Log in"]
    return message["id"], part["custom_id"]


async def test_an_agent_waits_in_its_thread_until_a_person_logs_in(browser: Browser) -> None:
    thread = (await places(browser))["shared-thread"]
    await browser.act("experiment", experiment="ask")
    await browser.until(lambda view: agent_in(view, thread)["state"] == "waits")
    view = await browser.until(lambda view: bool(requests_in(view)), "grace", thread)
    assert "An agent in this thread needs a login to Playground." in text_of(view)
    assert "to mend the build" in text_of(view)

    message, custom_id = button(view)
    await browser.act("press", "grace", message=message, custom_id=custom_id)
    view = await browser.until(lambda view: any(part.get("url") for part in parts(view)), "grace", thread)
    link = next(part["url"] for part in parts(view) if part.get("url"))
    await browser.act("say", "grace", where="dm", text=await decide(link, "allow", "team@example.com"))

    view = await browser.until(lambda view: agent_in(view, thread)["state"] == "served")
    assert agent_in(view, thread)["account"] == "team@example.com"
    view = await browser.until(lambda view: "has logged in to Playground" in text_of(view), "ada", thread)
    assert len(requests_in(view)) == 1


async def test_killed_agents_that_start_again_cause_no_second_message(browser: Browser) -> None:
    thread = (await places(browser))["shared-thread"]
    for _ in range(2):
        await browser.act("experiment", experiment="ask")
        await browser.until(lambda view: agent_in(view, thread)["state"] == "waits")
        await browser.until(lambda view: bool(requests_in(view)), "ada", thread)
        await browser.act("experiment", experiment="end")
        await browser.until(lambda view: agent_in(view, thread)["state"] == "killed")

    assert len(requests_in(await browser.view("ada", thread))) == 1
    refused = await browser.http.post("/api/experiment", json={"experiment": "end"})
    assert refused.status_code == 409


async def test_a_bot_that_lacks_a_permission_writes_nothing_and_says_so(browser: Browser) -> None:
    where = await places(browser)
    thread = where["ada-thread"]
    taken = {"where": where["own-accounts"], "permission": "send_messages_in_threads"}
    await browser.act("permission", **taken, may=False)
    await browser.act("slash", "ada", where=thread, command="auth status")
    await browser.until(lambda view: "Give me *Send Messages in Threads*." in text_of(view), "ada", thread)
    await browser.act("experiment", experiment="ask")
    await browser.until(lambda view: agent_in(view, thread)["state"] == "waits")
    await browser.until(lambda view: bool(requests_in(view)), "ada", where["shared-thread"])

    view = await browser.view("ada", thread)

    assert not requests_in(view)
    channel = next(each for each in view["permissions"].values() if not each["send_messages_in_threads"])
    assert channel == {"view_channel": True, "send_messages": True, "send_messages_in_threads": False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"where": "dm", "permission": "view_channel", "may": True},
        {"where": "guild", "permission": "administrator", "may": True},
        {"where": "guild", "permission": "view_channel", "may": "yes"},
    ],
)
async def test_only_known_permissions_in_channels_can_be_changed(browser: Browser, wrong: Json) -> None:
    refused = await browser.http.post("/api/permission", json={"person": "ada", **wrong})

    assert refused.status_code == 400
