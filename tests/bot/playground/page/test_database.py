"""The page on PostgreSQL: the same page, with the words and the leases of a database."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from openab_auth.bot.playground.issuer import decide
from tests.bot.playground.chromium import Visit, needs_chromium, visiting
from tests.support.postgres.server import Server

pytestmark = [needs_chromium, pytest.mark.timeout(150)]


@pytest.fixture
async def visit(postgres: Server) -> AsyncIterator[Visit]:
    async with visiting(words=("--store", postgres.url())) as visit:
        yield visit


async def test_the_page_shows_the_schema_the_lease_rows_and_no_url(visit: Visit, postgres: Server) -> None:
    page = visit.page
    await expect(page.locator("#store-name")).to_have_text(re.compile("openab_auth_playground_[0-9a-f]{8}"))
    await expect(page.locator("#about")).to_contain_text("Only the store is in your database, encrypted.")
    await visit.paste(await decide(await visit.begin(), "allow", "ada@example.com"))
    await expect(visit.store).to_contain_text("ada@example.com")
    await expect(page.locator("#threads .card").first).to_contain_text("ada@example.com")

    schema = await page.locator("#store-name").inner_text()
    row = "'playground', gen_random_uuid(), now() + interval '30 s', now()"  # as the holder of a lease writes it
    postgres.execute(f"INSERT INTO {schema}.leases VALUES ({row})")
    await expect(page.locator("#locks b")).to_have_text(re.compile(r"holder \w+, until [\d:]+, token posted"))
    postgres.execute(f"DELETE FROM {schema}.leases")
    await expect(page.locator("#locks .lock")).to_contain_text("free")
    await expect(page.locator("#locks .past")).to_contain_text(re.compile(r"holder \w+ held playground"))
    await visit.experiment("fill")
    await expect(page.locator("#result-disk")).to_contain_text("the journal of this host cannot keep the answer")
    await visit.check()
    await visit.shot("database")

    await page.locator("#locale").select_option("zh-TW")
    for text in ("#about", "#store-lead", "#locks-lead", "#locks .past", "#result-disk"):
        await expect(page.locator(text)).to_contain_text(re.compile(r"[\u4e00-\u9fff]{3}"))
    assert str(postgres.folder) not in await page.content()
    assert not visit.mistakes
