"""The page in a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from openab_auth.bot.playground.issuer import decide
from tests.bot.playground.chromium import SHOTS, Visit, needs_chromium, visiting

pytestmark = [needs_chromium, pytest.mark.timeout(150)]


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with visiting() as visit:
        yield visit


async def focused(visit: Visit) -> str:
    return str(await visit.page.evaluate("document.activeElement.id || document.activeElement.outerHTML"))


async def test_a_login_by_clicks_then_32_agents_and_one_refresh(visit: Visit) -> None:
    page = visit.page
    await visit.check()
    await page.get_by_role("button", name="Type /auth login").click()
    await visit.choices.first.click()
    await page.get_by_role("button", name="Send").click()
    await expect(visit.message).to_contain_text("Only you can see this")
    await expect(visit.store).to_contain_text("waiting for the person")
    await visit.check()
    await visit.shot("login")

    await page.locator(".message a.button").click()
    await visit.check()
    async with visit.context.expect_page() as opened:
        await page.get_by_role("link", name="Visit site").click()
    vendor = await opened.value
    await vendor.get_by_label("grace@example.com").check()
    await visit.check(vendor)
    await vendor.screenshot(path=SHOTS / "sign-in.png")
    async with vendor.expect_event("requestfailed") as ended:  # no program listens there
        await vendor.get_by_role("button", name="Allow", exact=True).click()
    redirect = (await ended.value).url
    assert redirect.startswith("http://localhost:1455/auth/callback?")
    await vendor.close()

    await visit.paste(redirect)
    await expect(visit.message).to_contain_text("grace@example.com")
    await expect(visit.store).to_contain_text("logged in")
    await expect(visit.store).to_contain_text("grace@example.com")
    behind = await page.locator("#behind").inner_text()
    assert parse_qs(urlsplit(redirect).query)["code"][0] not in behind
    assert not re.search(r"\b(?:at|rt|ac)_[\w-]{8}", behind)

    before = await visit.store.inner_text()
    await visit.experiment("expire")
    await expect(page.locator("#result-expire")).not_to_be_empty()
    await visit.experiment("agents")
    result = "32 of 32 agents were served. The server saw 1 refresh. All have the same token."
    await expect(page.locator("#result-agents")).to_have_text(result)
    await expect(page.locator("#herd [data-state=served]")).to_have_count(32)
    await page.get_by_text("Each agent").click()
    await expect(page.locator("#each li")).to_have_text([re.compile(rf"agent {each} served") for each in range(1, 33)])
    await visit.check()
    await page.get_by_text("Each agent").click()
    await expect(page.locator("#posted")).to_contain_text("refresh_token")
    assert before != await visit.store.inner_text()
    await expect(page.locator("#locks")).to_contain_text(re.compile(r"agent \d+ held refresh\.playground"))
    await page.locator("#text").fill("/auth status ")
    await page.keyboard.press("Enter")
    await expect(visit.message.locator(".container")).to_contain_text("Playground")
    await page.set_viewport_size({"width": 1800, "height": 1120})  # everything beside the messages
    await visit.check()
    await visit.shot("playground")
    assert not visit.mistakes


async def test_a_login_by_keys_alone(visit: Visit) -> None:
    page, keys = visit.page, visit.page.keyboard
    assert await focused(visit) == "text"
    await keys.type("/auth lo")
    await expect(page.locator("#text")).to_have_attribute("aria-expanded", "true")
    await keys.press("ArrowDown")
    await expect(page.locator("#text")).to_have_attribute("aria-activedescendant", "choice-1")
    await keys.press("ArrowUp")
    await visit.check()
    await keys.press("Enter")
    await expect(visit.choices).to_have_count(4)
    await keys.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await keys.press("Escape")  # leave the command
    assert await focused(visit) == "text"
    link = await visit.begin()
    for _ in range(20):
        await keys.press("Shift+Tab")
        if await visit.paste_button.evaluate("button => button === document.activeElement"):
            break
    await keys.press("Enter")
    await expect(page.locator("#modal")).to_be_visible()
    await visit.check()
    await visit.shot("form")
    for _ in range(5):
        assert await page.evaluate("document.querySelector('#modal').contains(document.activeElement)")
        await keys.press("Tab")
        if await page.evaluate(
            "document.activeElement === document.body"
        ):  # the focus passes the browser's own controls
            await keys.press("Tab")
    await keys.press("Escape")
    await expect(page.locator("#modal")).to_be_hidden()
    assert await visit.paste_button.evaluate("button => button === document.activeElement")
    await keys.press("Enter")
    await expect(page.locator("#modal textarea")).to_be_focused()
    await keys.insert_text(await decide(link, "allow", "ada@example.com"))
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(visit.store).to_contain_text("logged in")
    assert not visit.mistakes


async def test_refused_logins_store_nothing(visit: Visit) -> None:
    page = visit.page
    await visit.be("bob")
    await page.locator("#text").fill("/auth login ")
    await page.locator("#typed label input").fill("playground")
    choices = page.locator("#choices [role=option]")  # people without access see no names, but the reason
    await expect(choices).to_have_text(["You can't log agents in yet. /auth help says whom to ask"])
    await page.keyboard.press("Enter")  # chooses it, which does no harm
    await page.keyboard.press("Enter")
    await expect(visit.message).to_contain_text("Only you can see this")
    await expect(page.locator(".message a.button")).to_have_count(0)
    await expect(visit.store).to_contain_text("nobody is logged in")
    await visit.shot("stranger")

    await visit.be("ada")
    await expect(page.locator(".welcome")).to_be_visible()  # bob's message was visible to bob alone
    await visit.begin()
    await visit.paste("https://example.com/")
    await expect(visit.message).to_contain_text("❌")
    await expect(visit.store).to_contain_text("waiting for the person")

    link = await visit.begin()
    await visit.paste(await decide(link, "deny", ""))
    await expect(visit.store).to_contain_text("nobody is logged in")

    link = await visit.begin()
    vendor = await visit.context.new_page()
    await vendor.goto(link)
    async with vendor.expect_event("requestfailed") as ended:
        await vendor.get_by_role("button", name="expired code").click()
    await visit.paste((await ended.value).url)
    await expect(visit.message).to_contain_text("❌")
    await expect(page.locator("#posted")).to_contain_text("400 invalid_grant")
    await expect(visit.store).to_contain_text("nobody is logged in")


async def test_a_login_survives_the_death_of_the_bot(visit: Visit) -> None:
    page = visit.page
    redirect = await decide(await visit.begin(), "allow", "ada@example.com")
    await visit.experiment("kill")
    await expect(page.locator("#bot")).to_have_text("the bot is down")
    await page.locator("#text").fill("/auth status ")
    await page.keyboard.press("Enter")
    await expect(page.locator("#notice")).to_have_text("The application did not respond.")
    await visit.check()
    await visit.shot("killed")
    await visit.experiment("start")
    await expect(page.locator("#bot")).to_contain_text("the bot is running")
    await visit.paste(redirect)
    await expect(visit.store).to_contain_text("logged in")


async def test_the_page_is_accessible_in_both_themes_narrow_wide_and_chinese(visit: Visit) -> None:
    page = visit.page
    await visit.begin()
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("button", name="Theme: light").click()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")  # the page remembers the theme
    for theme in ("dark", "light"):
        await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        for width, height in ((1440, 900), (390, 844)):
            await page.set_viewport_size({"width": width, "height": height})
            await expect(visit.paste_button).to_be_in_viewport()
            await visit.check()
            await visit.shot(f"{theme}-{width}")
    await page.get_by_role("button", name="Behind Discord").click()
    await visit.check()
    await visit.shot("light-390-behind")
    await page.get_by_role("button", name="Discord", exact=True).click()
    await page.get_by_role("combobox", name="Discord language").select_option("zh-TW")
    await visit.begin()
    await expect(visit.message).to_contain_text(re.compile(r"[\u4e00-\u9fff]{4}"))
    await visit.check()
    await visit.shot("chinese-390")
    assert not visit.mistakes
