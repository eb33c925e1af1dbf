"""The messages that people read in Discord when something goes wrong, from the Fluent file of a language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Final

from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor
from pages.block import table

from openab_auth.cogs.auth.text.language import Language, languages
from openab_auth.cogs.auth.text.markup import Markup

HEADS: Final = {
    "en-US": ("what I say", "what was kept", "what to do next"),
    "zh-TW": ("我說的話", "什麼沒有變", "接下來怎麼做"),
}
GROUPS: Final[tuple[tuple[str, str, str], ...]] = (
    ("Your paste", "您貼上的內容", "paste_refused|no_pending_login|which_login|exchange_refused|key_unchecked"),
    ("What you may do", "您可以做什麼", "not_allowed|too_many_attempts|closing|not_thread_owner"),
    ("Accounts and threads", "帳號和討論串", "label|nobody_meant|programs_only|no_account|not_agreed|account_not"),
    (
        "The vendor and its settings",
        "供應商和設定",
        "vendor|unknown_vendor|network|secret|client|server_unusable|risk|no_login|plan",
    ),
    ("MCP servers that people add", "大家新增的 MCP 伺服器", "server_not|servers_unwritten"),
    ("The store of the logins", "存放登入的地方", "store_|commit_unknown|unknown_store|wrong_store|invalid_tenant"),
    ("Your login", "您的登入", ""),
)
"""The sections: a title in each language, and how the codes of their errors begin; the last takes what is left."""
NEWS: Final = ("Other warnings", "其他警告")
_SIGNS: Final = ("⚠️", "⌛", "❌", "⏳")
_VALUES: Final = {
    "zh-TW": {
        "vendor": "供應商",
        "tenant": "登入",
        "login": "登入",
        "account": "帳號",
        "reason": "原因",
        "time": "時間",
    }
}
_SHORT: Final = (
    "error-store_unreadable",
    "error-servers_unwritten",
)  # the rows of `store_unwritable` have their causes
_MOST_CASES: Final = 40
_ASIDE: Final = re.compile(r"\s*[(（]‹[^›]+›[)）]")


class _Values(Visitor):
    """Collect the values of a text, and for each the words by which the text selects."""

    def __init__(self, entries: Mapping[str, ast.Message]) -> None:
        self.names: set[str] = set()
        self.words: dict[str, set[str]] = {}
        self._entries = entries

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - the visitor's name
        self.names.add(node.id.name)

    def visit_MessageReference(self, node: ast.MessageReference) -> None:  # noqa: N802 - the visitor's name
        entry = self._entries[node.id.name]
        part = node.attribute.name if node.attribute else None
        self.visit(next((each.value for each in entry.attributes if each.id.name == part), entry.value))

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:  # noqa: N802 - the visitor's name
        if isinstance(node.selector, ast.VariableReference):
            keys = {each.key.name for each in node.variants if isinstance(each.key, ast.Identifier)}
            self.words.setdefault(node.selector.id.name, set()).update(keys)
        self.generic_visit(node)


@cache
def _entries(tag: str) -> Mapping[str, ast.Message]:
    text = (files("openab_auth.cogs.auth.text") / "locales" / f"{tag}.ftl").read_text(encoding="utf-8")
    return {each.id.name: each for each in FluentParser().parse(text).body if isinstance(each, ast.Message)}


def text(tag: str) -> str:
    """Return the sections of one language."""
    language, column = languages()[tag], list(HEADS).index(tag)
    errors = [name for name in _entries("en-US") if name.startswith("error-")]
    parts = []
    for *titles, codes in GROUPS:
        names = [name for name in errors if re.match(f"error-({codes})", name)]
        errors = [name for name in errors if name not in names]
        rows = [row for name in names for row in _rows(language, name)]
        parts.append(f"## {titles[column]}\n\n{table(HEADS[tag], rows)}")
    news = [(said,) for name in _entries("en-US") for said in _news(language, name)]
    parts.append(f"## {NEWS[column]}\n\n{table(HEADS[tag][:1], news)}")
    return "\n".join(parts)


def _rows(language: Language, name: str) -> list[tuple[str, ...]]:
    """Return the rows of one error: each sentence once, with all that may follow it."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for values in _cases(language.tag, name):
        happened, kept, todo = (_cell(language.say(f"{name}{part}", **values)) for part in ("", ".kept", ".next"))
        for said, column in zip((kept, todo), found.setdefault(happened, ([], [])), strict=True):
            if said not in column:
                column.append(said)
    longer = {_ASIDE.sub("", said) for said in found if _ASIDE.search(said)}
    return [
        (f"**{said}**", "<br>".join(kept), "<br>".join(todo))
        for said, (kept, todo) in found.items()
        if said not in longer
    ]


def _news(language: Language, name: str) -> list[str]:
    said = {_cell(language.say(name, **values)): None for values in _cases(language.tag, name) if _has_text(name)}
    return [each for each in said if each.startswith(_SIGNS) and len(each) > len(_SIGNS[0])]


def _has_text(name: str) -> bool:
    return _entries("en-US")[name].value is not None and not name.startswith(("error-", "failure", "choice-"))


def _cases(tag: str, name: str) -> Iterator[Mapping[str, str]]:
    """Yield the values with which a message says something else each time."""
    entries = _entries(tag)
    seen = _Values(entries)
    seen.visit(entries[name])
    shown = {each: Markup(f"‹{_VALUES.get(tag, {}).get(each, each.replace('_', ' '))}›") for each in seen.names}
    if name in _SHORT:
        seen.words.pop("fault", None)
    choices = [[(each, word) for word in _words(words, shown[each])] for each, words in sorted(seen.words.items())]
    for number, case in enumerate(product(*choices)):
        if number == _MOST_CASES:
            return
        yield shown | {each: Markup(word) for each, word in case}


def _words(words: set[str], otherwise: str) -> list[str]:
    """Return the words by which a text selects; `other` stands for every value that is none of them."""
    return [otherwise if word == "other" else word for word in sorted(words, key=lambda each: (each != "other", each))]


def _cell(text: str) -> str:
    lines = (line.removeprefix("-# ").strip() for line in text.splitlines())
    return "<br>".join(line for line in lines if line).replace("`‹", "‹").replace("›`", "›")
