"""The page shows two people, their threads, and whose account the agents of each thread get."""

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


async def test_each_thread_shows_whose_account_its_agents_get(visit: Visit) -> None:
    page = visit.page
    cards = page.locator("#threads .card")
    await expect(cards).to_have_count(3)
    await page.get_by_role("button", name="shared-thread").last.click()  # the box below the message in the channel
    await expect(page.locator("#place")).to_have_text("↳ shared-thread")
    await visit.paste(await decide(await visit.begin_for("For everyone here"), "allow", "team@example.com"))
    await expect(cards.nth(0)).to_contain_text("the account for everyone here · team@example.com")

    await visit.go("ada-thread")
    await visit.paste(await decide(await visit.begin_for("Only me"), "allow", "ada@example.com"))
    await expect(visit.store).to_contain_text("ada@example.com")
    await page.locator("#text").fill("/auth status ")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="In all threads that I start").click()
    await expect(cards.nth(1)).to_contain_text("ada's own account · ada@example.com")
    await visit.be("grace")
    await expect(page.locator(".welcome")).to_be_visible()  # she sees none of ada's messages

    await visit.experiment("ask")
    await expect(cards.nth(0)).to_contain_text("served · team@example.com")
    await expect(cards.nth(1)).to_contain_text("served · ada@example.com")
    await expect(cards.nth(2)).to_contain_text("waits for a login in #grace-thread")
    await visit.check()
    await visit.shot("threads")
    await page.set_viewport_size({"width": 390, "height": 844})
    await visit.go("grace-thread")
    await expect(page.locator("#places [aria-pressed=true]")).to_be_in_viewport(ratio=1)
    await page.get_by_role("button", name="Behind Discord").click()
    await visit.check()
    await cards.nth(2).scroll_into_view_if_needed()
    await visit.shot("threads-390")
    assert not visit.mistakes


async def test_a_private_form_takes_a_key_from_the_vendors_page(visit: Visit) -> None:
    page = visit.page
    await page.locator("#text").fill("/auth login ")
    await page.locator("#typed label input").fill("by-key")
    await expect(visit.choices).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    link = visit.message.locator("a.button")
    await expect(link).to_be_visible()
    vendor = await visit.context.new_page()
    await vendor.goto(str(await link.get_attribute("href")))
    await visit.check(vendor)
    await vendor.get_by_role("button", name="Make a key").click()
    key = await vendor.locator("#key").inner_text()
    await visit.check(vendor)
    await vendor.close()

    await visit.paste_button.click()
    await page.locator("#modal-fields").locator("input, textarea").fill(key)
    await visit.check()
    await page.locator("#modal-submit").click()
    await expect(visit.message).to_contain_text("Logged in to Playground, by key")
    await expect(visit.message).to_contain_text("Only you can see this")
    await expect(page.locator("#threads")).to_contain_text("by-key")
    assert key not in await page.locator("body").inner_text()
    assert not visit.mistakes
