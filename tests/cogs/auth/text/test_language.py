"""The language files have the same messages in each language, and the code uses each message."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import discord
import pytest
from fluent.syntax import ast as ftl

import openab_auth.cogs.auth
import openab_auth.cogs.auth.text.language
from openab_auth.cogs.auth.text import login_words
from openab_auth.cogs.auth.text.language import Language, SpokenLanguages, english, languages
from openab_auth.oauth.vendors import Catalogue, VendorName
from tests.cogs.auth.text.catalogues import TAGS, Names, entries, parts, resource

FOLDER = Path(openab_auth.cogs.auth.__file__).parent
ELSEWHERE = ("command-", "note-")  # their English is in commands.py and in oauth/vendors/vendors.toml


def said() -> Iterator[tuple[str, set[str] | None]]:
    """Yield each message that the cog's code names literally, with the values that the code gives."""
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            literal = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if name == "say" and literal:
                values = {word.arg for word in node.keywords}
                yield str(literal[0]), None if None in values else {str(value) for value in values}
            elif name == "about" and literal:
                yield str(literal[0]), {"vendor"}


def names_in_code() -> set[str]:
    """Return every text in the code that could be a message's name."""
    found = set()
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_file_is_read_to_its_last_line(tag: str) -> None:
    assert [entry.content for entry in resource(tag).body if isinstance(entry, ftl.Junk)] == []


@pytest.mark.parametrize("tag", TAGS)
def test_each_language_has_the_messages_of_english_with_the_same_values(tag: str) -> None:
    ours = {name: values for name, values in parts(tag).items() if not name.startswith(ELSEWHERE)}
    assert ours == parts("en-US")


@pytest.mark.parametrize("tag", TAGS)
def test_whatever_a_message_stands_on_is_there(tag: str) -> None:
    there = entries(tag)
    names = Names()
    for entry in there.values():
        names.visit(entry)
    assert names.references <= there.keys()
    assert {name for name in there if name.startswith("-")} <= names.references


def test_what_the_code_says_is_in_the_file_with_the_same_values() -> None:
    there = parts("en-US")
    calls = list(said())
    assert len(calls) > 30
    for name, values in calls:
        assert name in there
        if values is not None:
            assert values == there[name], name


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag != "en-US"])
def test_each_note_of_a_vendor_that_we_ship_is_translated_and_no_other(tag: str) -> None:
    noted = {f"note-{vendor.name}" for vendor in Catalogue.shipped({}).all() if vendor.note}
    assert noted
    assert {name for name in entries(tag) if name.startswith("note-")} == noted


def test_an_operators_note_is_shown_as_it_stands() -> None:
    chinese = languages()["zh-TW"]
    shipped = Catalogue.shipped({}).named(VendorName("claude"))
    assert shipped is not None
    assert "文件說明" in login_words.note_of(chinese, shipped)
    assert login_words.note_of(chinese, replace(shipped, note="Ask Ada first.")) == "Ask Ada first."
    assert login_words.note_of(english(), shipped) == shipped.note


def test_no_message_is_left_over() -> None:
    """Some names are computed from a state, a risk or a remedy; test_failures checks the errors' messages."""
    computed = ("error-", "state-", "risk-", "choice-", "how-", "picture-", "remedy-")
    names = Names()
    for entry in entries("en-US").values():
        names.visit(entry)
    used = names_in_code() | names.references
    left = {name for name in entries("en-US") if name not in used and not name.startswith((*computed, "-"))}
    assert left == set()


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        (discord.Locale.taiwan_chinese, "zh-TW"),
        (discord.Locale.american_english, "en-US"),
        (discord.Locale.british_english, "en-US"),
        (discord.Locale.chinese, "en-US"),
    ],
)
def test_people_are_answered_in_their_clients_language_or_in_english(locale: discord.Locale, tag: str) -> None:
    assert openab_auth.cogs.auth.text.language._language(locale).tag == tag


def test_a_message_that_lacks_a_value_is_said_all_the_same_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    language = Language("en-US", "hello = Hello, { $name }!")
    assert language.say("hello").startswith("Hello, ")
    assert "hello" in caplog.text
    with pytest.raises(LookupError):
        language.say("goodbye")


def test_a_number_is_spoken_of_as_its_language_does() -> None:
    assert "There is one login here." in english().say("help-number-of-logins", count=1)
    assert "There are 2 logins here." in english().say("help-number-of-logins", count=2)


def test_the_last_language_of_a_person_is_remembered_for_a_thousand_people() -> None:
    class Seen:
        def __init__(self, user: int, locale: discord.Locale) -> None:
            self.user = discord.Object(user)
            self.locale = locale

    listeners = SpokenLanguages()
    assert listeners.language_of(1).tag == "en-US"  # type: ignore[arg-type]
    listeners.remember(Seen(1, discord.Locale.taiwan_chinese))  # type: ignore[arg-type]
    assert listeners.language_of(1).tag == "zh-TW"  # type: ignore[arg-type]
    for user in range(2, 1002):
        listeners.remember(Seen(user, discord.Locale.german))  # type: ignore[arg-type]
    assert listeners.language_of(1).tag == "en-US"  # type: ignore[arg-type]
    assert len(listeners._seen) == 1000
