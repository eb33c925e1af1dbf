"""docs/people: what the pages say stands in Discord, each command is on them, and both languages tell the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openab_auth.cogs.auth.text.language import languages
from tests.cogs.auth.text.catalogues import entries, text_of

ROOT = Path(__file__).parents[2]
PAGES = {"en-US": "docs/people/en.md", "zh-TW": "docs/people/zh-TW.md"}


def bold(tag: str) -> list[str]:
    """Return what a page says in bold: words on a button, in a choice or in a message."""
    return re.findall(r"\*\*(.+?)\*\*", (ROOT / PAGES[tag]).read_text())


def messages_with(tag: str, words: str) -> set[str]:
    """Return the messages of a language that have these words, without those that only contain them by chance."""
    texts = {name: text_of(entry) for name, entry in entries(tag).items() if not name.startswith("command-")}
    exact = {name for name, text in texts.items() if text == words}
    return exact or {name for name, text in texts.items() if f"**{words}**" in text}


@pytest.mark.parametrize("tag", PAGES)
def test_each_word_in_bold_is_in_a_message_of_the_language(tag: str) -> None:
    assert len(bold(tag)) > 12
    assert [words for words in bold(tag) if not messages_with(tag, words)] == []


@pytest.mark.parametrize("tag", PAGES)
def test_each_command_that_a_person_needs_is_on_the_page_and_no_other(tag: str) -> None:
    commands = {
        text_of(entry) for name, entry in entries(tag).items() if name.startswith("-") and "`/auth" in text_of(entry)
    }

    assert set(re.findall(r"`/auth [^`]+`", (ROOT / PAGES[tag]).read_text())) == commands


def test_both_languages_name_the_same_messages_in_the_same_order() -> None:
    english, chinese = ([messages_with(tag, words) for words in bold(tag)] for tag in PAGES)

    assert len(english) == len(chinese)
    assert [
        pair for pair in zip(bold("en-US"), bold("zh-TW"), english, chinese, strict=True) if not pair[2] & pair[3]
    ] == []


def test_each_language_of_the_bot_has_its_pages() -> None:
    assert set(PAGES) == set(languages())
