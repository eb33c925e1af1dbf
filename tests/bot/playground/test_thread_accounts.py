"""Two people, three threads, several accounts of one vendor, and the keys of another one, over the page's API."""

from __future__ import annotations

from typing import Any

from openab_auth.bot.playground.issuer import decide, make_key
from tests.bot.playground.page_browser import Browser, Json, login_link, parts, text_of

THREADS = ("shared-thread", "ada-thread", "grace-thread")


async def log_in(browser: Browser, person: str, account: str, address: str) -> None:
    """Take both steps, and wait for the note about the login."""
    options = {"vendor": "playground", "account": account}
    await browser.act("slash", person, command="auth login", options=options)
    view = await browser.until(lambda view: any(part.get("url") for part in parts(view)), person)
    await browser.act("say", person, where="dm", text=await decide(login_link(view), "allow", address))
    await browser.until(lambda view: address in [entry["facts"].get("account") for entry in view["store"]], person)
    for message in (await browser.until(lambda view: "Logged in" in text_of(view), person))["messages"]:
        assert message["thread"] or message["ephemeral"]


async def press(browser: Browser, person: str, where: str, label: str) -> Json:
    """Press the button with this label as soon as it is there, and return the answer."""

    def buttons(view: Json) -> list[tuple[str, str]]:
        return [
            (message["id"], part["custom_id"])
            for message in view["messages"]
            for part in parts({"messages": [message]})
            if part.get("label") == label
        ]

    message, button = buttons(await browser.until(lambda view: bool(buttons(view)), person, where))[-1]
    return await browser.act("press", person, message=message, custom_id=button)


async def accounts_offered(browser: Browser, person: str) -> list[str]:
    """Return the accounts that a logout offers to this person."""
    asked = {"command": "auth logout", "option": "account", "value": "", "options": {"vendor": "playground"}}
    return [choice["name"] for choice in (await browser.act("complete", person, **asked))["choices"]]


def account_in(view: Json, thread: str) -> Json:
    (found,) = [each for each in view["threads"] if each["thread"] == thread]
    account: Json = found["accounts"][0]
    return account


def states_of_agents(view: Json) -> list[str]:
    return [each["state"] for each in view["thread_agents"]["each"].values()]


async def test_each_threads_agents_get_the_account_of_its_rules(browser: Browser) -> None:
    begun = (await browser.http.get("/api/start")).json()
    where = {place["name"]: place["where"] for place in begun["places"]}
    ids = {name: number for number, name in begun["names"].items()}
    shared, adas, graces = (where[name] for name in THREADS)
    view = await browser.view()
    assert [(each["policy"], each["owner"]) for each in view["threads"]] == [
        ("shared", ids["ada"]),
        ("personal", ids["ada"]),
        ("personal", ids["grace"]),
    ]
    before: list[Any] = [account_in(view, each) for each in (shared, adas, graces)]
    assert [each["because"] or each["problem"] for each in before] == ["shared", "not_agreed", "not_agreed"]
    assert [each["state"] for each in before] == ["none"] * 3

    await log_in(browser, "grace", "shared", "team@example.com")
    await log_in(browser, "ada", "me", "ada@example.com")
    await log_in(browser, "grace", "me", "grace@example.com")
    await browser.act("slash", "ada", where=adas, command="auth status")
    await press(browser, "ada", adas, "In all threads that I start")
    await browser.act(
        "slash", "grace", where=graces, command="auth use", options={"vendor": "playground", "account": "me"}
    )
    await press(browser, "grace", graces, "Use my account in this thread")
    view = await browser.until(lambda view: account_in(view, graces)["because"] == "thread")
    after = [account_in(view, each) for each in (shared, adas, graces)]
    assert [each["because"] for each in after] == ["shared", "personal", "thread"]
    assert [each["person"] for each in after] == ["", ids["ada"], ids["grace"]]
    addresses = ["team@example.com", "ada@example.com", "grace@example.com"]
    assert [each["account"] for each in after] == addresses

    await browser.act("experiment", experiment="expire")  # of all accounts: each agent then renews its own
    await browser.act("experiment", experiment="ask")
    view = await browser.until(lambda view: states_of_agents(view) == ["served"] * 3)
    assert [view["thread_agents"]["each"][each]["account"] for each in (shared, adas, graces)] == addresses

    await browser.act("experiment", experiment="revoke")
    await browser.act("experiment", experiment="expire")
    await browser.act("experiment", experiment="ask")
    await browser.until(lambda view: states_of_agents(view) == ["waits"] * 3)
    await browser.until(lambda view: account_in(view, adas)["state"] == "dead")


async def test_a_person_sees_no_messages_or_accounts_of_another_one(browser: Browser) -> None:
    await log_in(browser, "ada", "me", "ada@example.com")

    assert [message["author"] for message in (await browser.view("grace"))["messages"]] == ["ada"]  # the thread's start
    assert await accounts_offered(browser, "ada") == ["Only me · ada@example.com"]
    assert await accounts_offered(browser, "grace") == ["Nobody is logged in yet"]


async def test_only_the_person_who_started_a_thread_chooses_there(browser: Browser) -> None:
    begun = (await browser.http.get("/api/start")).json()
    where = {place["name"]: place["where"] for place in begun["places"]}
    for person, thread, answer in (
        ("grace", "shared-thread", "Only the person who started this thread"),
        ("ada", "shared-thread", "Agents in this thread use Playground"),
        ("ada", "ada-thread", "they use only personal accounts"),
    ):
        options = {"vendor": "playground", "account": "shared"}
        await browser.act("slash", person, where=where[thread], command="auth use", options=options)
        await browser.until(lambda view, answer=answer: answer in text_of(view), person, where[thread])  # type: ignore[misc]


async def test_a_private_form_takes_a_key_that_the_vendor_knows(browser: Browser) -> None:
    await browser.act("slash", command="auth login", options={"vendor": "by-key"})
    view = await browser.until(lambda view: any(part.get("url") for part in parts(view)))
    page = login_link(view)
    for key, told in (("key_wrong_0a1b2c3d4e5f", "does not accept this key"), (await make_key(page), "Logged in")):
        form = (await press(browser, "ada", "guild", "Paste it here"))["modal"]
        await browser.act("submit", modal=form["id"], fields={form["fields"][0]["custom_id"]: key})
        view = await browser.until(lambda view, told=told: told in text_of(view))  # type: ignore[misc]

    (login,) = view["store"]
    assert (login["title"], login["kind"], login["facts"]["expires"]) == ("by-key", "login", "never")
    assert key not in str(view)
    assert [each["status"] for each in view["posted"] if "/keys/check" in each["title"]] == [200, 401]
    assert [each["vendor"] for each in view["threads"][0]["accounts"]] == ["playground", "by-key"]
