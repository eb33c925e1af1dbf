"""The page looks like Discord, keeps every answer on the screen, and speaks the chosen language."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, expect

from openab_auth.bot.playground.issuer import decide
from tests.bot.playground.chromium import Visit, needs_chromium, visiting

pytestmark = [needs_chromium, pytest.mark.timeout(150)]
SCREENS = ((1280, 720), (390, 844))
ENGLISH = re.compile(r"[A-Za-z]{3,}")
# Names, which no language translates: products, people, channels, commands, files, and the parameters of OAuth.
NAMES = re.compile(
    r"(?:shared|ada|grace)-thread|own-accounts|by-key|TokenSource\(thread=…\)|API|"
    r"#[0-9a-f]{6}|[\w.]+@example\.com|openab(?:-auth)?|Discord|English|ada|grace|bob|general|playground|Playground|auth\.json|/proc/locks|MCP"
    r"|mcp:notes|/auth [a-z]+|Code|Allow|state|verifier|global|pending:\S+|POST \S+|authorization_code|refresh_token"
    r"|\b(?:scope|code_verifier|client_id|resource|code|none)\b|SIGKILL|RLIMIT_FSIZE|refresh\.\w+|secret"
)
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    // The requests to the vendor are in the words of OAuth, and people write in their own language.
    const others = "code, script, noscript, time, option, #posted li, .starter .text";
    if (parent.closest(others) || !parent.checkVisibility()) continue;
    found.push(node.textContent.trim());
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    if (element.closest("#messages, #modal-fields")) continue;
    for (const name of ["aria-label", "placeholder"]) found.push(element.getAttribute(name) ?? "");
  }
  return found.filter(Boolean);
}"""


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with visiting(1280, 720) as visit:
        yield visit


async def is_whole(visit: Visit, element: Locator) -> bool:
    """Return whether nothing of the element is outside the part of the log that is on the screen."""
    shown, log = await element.bounding_box(), await visit.page.locator("#messages").bounding_box()
    assert shown is not None
    assert log is not None
    return shown["y"] >= log["y"] - 1 and shown["y"] + shown["height"] <= log["y"] + log["height"] + 1


async def colour(visit: Visit, selector: str, name: str = "background-color") -> str:
    return str(await visit.page.locator(selector).first.evaluate(f"e => getComputedStyle(e)['{name}']"))


async def test_it_looks_like_discord_at_first_glance(visit: Visit) -> None:
    page = visit.page
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert await colour(visit, "#chat") == "rgb(49, 51, 56)"
    lefts = [await page.locator(each).bounding_box() for each in ("#servers", "#rail", "#chat", "#behind")]
    assert all(box is not None for box in lefts)
    assert [box["x"] for box in lefts if box] == sorted(box["x"] for box in lefts if box)  # rail, channels, chat

    await visit.begin()
    await expect(visit.message).to_have_class(re.compile("ephemeral"))
    await expect(visit.message.locator(".private .eye")).to_be_visible()
    assert await colour(visit, ".container", "border-left-color") == "rgb(88, 101, 242)"
    assert await visit.message.locator(".container .row").count() == 1
    await visit.paste("nonsense")
    await expect(visit.message).to_contain_text("❌")
    assert await colour(visit, ".container", "border-left-color") == "rgb(231, 76, 60)"


@pytest.mark.parametrize("screen", SCREENS)
async def test_card_mistake_and_form_fit_the_screen(visit: Visit, screen: tuple[int, int]) -> None:
    page = visit.page
    await page.set_viewport_size({"width": screen[0], "height": screen[1]})
    await visit.begin()
    assert await is_whole(visit, visit.message)
    await visit.paste("nonsense")
    await expect(visit.message).to_contain_text("❌")
    await expect(visit.messages).to_have_count(1)
    assert await is_whole(visit, visit.message)

    await visit.paste_button.click()
    form = page.locator("#modal")
    await expect(form).to_be_visible()
    box = await form.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= screen[0]
    assert box["y"] + box["height"] <= screen[1]
    await expect(page.locator("#modal-submit")).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Show me how").click()
    await expect(visit.message.locator("img")).not_to_have_count(0)
    await expect(visit.paste_button).to_be_in_viewport(ratio=1)
    await expect(visit.message.locator("a.button")).to_be_in_viewport(ratio=1)


async def test_an_answer_is_shown_wherever_the_log_was_scrolled_to(visit: Visit) -> None:
    page = visit.page
    await visit.begin()
    card = visit.messages.first
    for _ in range(4):
        await page.locator("#text").fill("/auth help ")
        await page.keyboard.press("Enter")
    await expect(visit.messages).to_have_count(5)
    await expect(visit.messages.locator(".container")).to_have_count(5)
    await page.locator("#messages").evaluate("log => { log.scrollTop = 0 }")
    await page.locator("#text").fill("/auth status ")
    await page.keyboard.press("Enter")
    await expect(visit.messages.nth(5).locator(".container")).to_be_in_viewport()

    await page.locator("#text").fill("/auth complete ")
    await page.locator("#typed label input").fill("nonsense")
    await page.keyboard.press("Enter")
    await expect(card).to_contain_text("❌")  # the answer is on the card, far above
    await expect(card.locator("button.primary")).to_be_in_viewport()


async def test_a_mention_of_a_command_begins_it(visit: Visit) -> None:
    await visit.begin()
    await visit.message.get_by_role("button", name="/auth complete").click()
    await expect(visit.page.locator("#typed .command")).to_have_text("/auth complete")


async def test_the_whole_page_is_in_chinese_when_chinese_is_chosen(visit: Visit) -> None:
    page = visit.page
    await page.get_by_role("combobox", name="Discord language").select_option("zh-TW")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-TW")
    await expect(page.locator("#bot")).to_contain_text("機器人執行中")  # it comes with the next news
    await untranslated(visit)
    redirect = await decide(await visit.begin(), "allow", "ada@example.com")
    await untranslated(visit)
    await visit.paste(redirect)
    await expect(visit.store).to_contain_text("已登入")
    for name in ("ask", "end", "expire", "agents", "revoke", "kill", "start", "fill", "free"):
        await visit.experiment(name)
        if name == "ask":
            await expect(page.locator("#threads [data-agent=waits], #threads [data-agent=served]")).to_have_count(3)
        if name == "agents":
            await expect(page.locator("#result-agents")).to_contain_text("32 個代理程式中有 32 個取得服務")
            await page.locator("#each summary").click()
        await untranslated(visit)
    await visit.check()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-TW")  # the page remembers the language


async def untranslated(visit: Visit) -> None:
    """Check that no text on the page is in English, apart from names."""
    for text in await visit.page.evaluate(TEXTS):
        assert not ENGLISH.search(NAMES.sub("", text)), text


async def test_an_mcp_server_can_be_logged_in_to(visit: Visit) -> None:
    page = visit.page
    await page.locator("#text").fill("/auth login ")
    await page.locator("#typed label input").fill("mcp:notes")
    await expect(visit.choices).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    link = visit.message.locator("a.button")
    await expect(link).to_be_visible()
    await visit.paste(await decide(str(await link.get_attribute("href")), "allow", "grace@example.com"))
    await expect(visit.message).to_contain_text("✅")
    await expect(visit.store).to_contain_text("login at an MCP server")
    assert not visit.mistakes
