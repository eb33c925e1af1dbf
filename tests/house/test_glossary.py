"""The glossary defines each word of the project once, in one short sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
ENTRIES = re.findall(r"^- \*\*(.+?)\*\*: (.+)$", PAGE, re.MULTILINE)
LONGEST = 30  # words

WORDS = """
    account, agent, agreement, authorization code, authorization server, broker, choice, Flow, generation, grant type,
    key, lease, note, OAuthClient, operator, owner, paste, pending login, personal account, record, redirect, refresh,
    registration, reuse, revocation, rotation, Runtime, spill journal, state, tenant, token response, vendor,
    verifier, WaitingLogins, word
"""


def test_each_word_of_the_project_is_defined() -> None:
    defined = {word for word, _ in ENTRIES}
    assert {word.strip() for word in WORDS.split(",")} - defined == set()


def test_no_word_is_defined_twice() -> None:
    words = [word.lower() for word, _ in ENTRIES]
    assert len(words) == len(set(words))


def test_each_section_is_in_alphabetical_order() -> None:
    for section in PAGE.split("\n## ")[1:]:
        words = re.findall(r"^- \*\*(.+?)\*\*:", section, re.MULTILINE)
        assert words == sorted(words, key=str.lower)


@pytest.mark.parametrize(("word", "sentence"), ENTRIES)
def test_a_definition_is_one_short_sentence(word: str, sentence: str) -> None:
    assert re.fullmatch(r"[^.]+(?:\.\w[^.]*)*\.", sentence), word
    assert len(sentence.split()) <= LONGEST, word


def test_every_list_item_is_a_definition() -> None:
    assert len(re.findall(r"^- ", PAGE, re.MULTILINE)) == len(ENTRIES)
