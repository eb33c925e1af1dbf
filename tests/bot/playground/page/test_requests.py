"""The page shows an agent that waits for a login, a person who logs in, and the agent that goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from openab_auth.bot.playground.issuer import decide
from tests.bot.playground.chromium import Visit, needs_chromium, visiting

pytestmark = [needs_chromium, pytest.mark.timeout(150)]


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with visiting() as visit:
        yield visit


async def test_an_agent_waits_until_a_person_logs_in_with_its_button(visit: Visit) -> None:
    page = visit.page
    card = page.locator("#threads .card").nth(0)
    await visit.go("shared-thread")
    await visit.experiment("ask")
    await expect(card).to_contain_text("waits for a login in #shared-thread")
    await expect(visit.message).to_contain_text("An agent in this thread needs a login to Playground.")
    await expect(visit.message).to_contain_text("to mend the build")
    await visit.check()
    await visit.shot("request")
    await page.locator("#locale").select_option("zh-TW")
    await expect(card).to_contain_text("在 #shared-thread 等待登入")
    await page.locator("#locale").select_option("en-US")

    await visit.message.get_by_role("button", name="Log in").click()
    link = visit.message.locator("a.button")
    await expect(link).to_be_visible()
    await visit.paste(await decide(str(await link.get_attribute("href")), "allow", "team@example.com"))

    await expect(card).to_contain_text("served · team@example.com")
    await expect(page.locator("#messages")).to_contain_text("has logged in to Playground")
    await visit.experiment("end")  # the agents of the other threads still wait
    await expect(page.locator("#threads .card").nth(1)).to_contain_text("killed")
    assert not visit.mistakes


async def test_a_box_takes_a_permission_away_and_the_status_says_so(visit: Visit) -> None:
    page = visit.page
    bot = page.locator("#permissions fieldset[data-channel=general]")
    await bot.get_by_label("Send Messages in Threads").click()
    await expect(bot.get_by_label("Send Messages in Threads")).not_to_be_checked()
    await visit.go("shared-thread")
    await page.locator("#text").fill("/auth status ")
    await page.keyboard.press("Enter")

    await expect(visit.message).to_contain_text("I cannot write in this thread when its agents need a login.")
    await visit.check()
    await bot.get_by_label("Send Messages in Threads").click()
    await expect(bot.get_by_label("Send Messages in Threads")).to_be_checked()
    await expect(bot.get_by_label("View Channels")).to_be_checked()
    assert not visit.mistakes
