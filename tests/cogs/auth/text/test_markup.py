"""Discord's client shows other people's text as plain text, in every sentence, button and choice."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

import openab_auth.cogs.auth
from openab_auth.cogs.auth.text import login_words, words
from openab_auth.cogs.auth.text.failures import failure
from openab_auth.cogs.auth.text.language import Language, english, languages
from openab_auth.cogs.auth.text.limits import CHOICE, plain, units
from openab_auth.cogs.auth.text.markup import Markup, code, in_link, label, link, mention
from openab_auth.cogs.auth.views.buttons import LoginButton
from openab_auth.cogs.auth.views.choices import login_choices, logout_choices, pending_choices, server_choices
from openab_auth.cogs.auth.views.login.conflict import beside_question, replace_question
from openab_auth.cogs.auth.views.login.message import login_message
from openab_auth.cogs.auth.views.logout import logout_question
from openab_auth.cogs.auth.views.servers import removed_message
from openab_auth.cogs.auth.views.status import CancelButton, status_message
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import AccountStoredError, LoginTakenError
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.logins import LoginDetails, LoginState, LogoutResult, Status
from openab_auth.oauth.mcp import GrantedAccess
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Problem, Tenant, UserId
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.records.notes import DeadToken, RefreshAttempt
from tests.cogs.auth.text.catalogues import TAGS, parts, resource
from tests.cogs.auth.text.discord_markup import hidden, read
from tests.cogs.auth.text.failures import MET

FOLDER = Path(openab_auth.cogs.auth.__file__).parent
ADA = UserId(5)
NOW = 2_000_000_000

# Pieces of everything that a client makes more of than text, so that a few of them in a row often make something.
pieces = st.sampled_from(
    [
        "[log in](https://evil.example)", "[", "]", "(", ")", "](https://evil.example)", "](<https://evil.example>)",
        "[a](b) ", "[[x]](https://e.example)", "\\", "\\\\", "https://evil.example", "<https://evil.example>",
        "<mailto:a@b.c>", "<+15551234>", "discord.gg/abc", "http", ":", "//", "<", ">", "<@1>", "<@&1>", "<@!1>",
        "<#1>", "</auth login:1>", "<:a:1>", "<a:b:2>", "<t:1:R>", "<id:customize>", "@everyone", "@here", "@",
        "\uff20everyone", "\ufe6bhere", "@\u200beveryone", "@EveryOne", "everyone", "here", "#", "# ", "## ", "-# ",
        "- ", "* ", "+ ", "1. ", "23) ", "> ", ">>> ", "||", "**", "*", "__", "_", "~~", "`", "``", "```", "```py\n",
        "~", ":smile:", ":a", "\n", "\r\n", "\u2028", "\t", " ", "a", "1", "登", "é", "🦀", "e\u0301\u0302\u0303\u0304",
        "\u0301", "\u20dd", "\u202e", "\u202d", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u200b", "\u200c",
        "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\ufe00", "\U000e0041", "\U000e0100", "\u034f", "\u3164",
        "\u115f", "\u2800", "\x00", "\x1b[31m", "\x7f", "\ud83d", "\ue000", "\ufff9",
    ]
)  # fmt: skip
texts = st.one_of(
    st.lists(pieces, max_size=8).map("".join),
    st.text(max_size=20),
    st.builds(lambda piece, times: piece * times, pieces, st.sampled_from([40, 300, 5000])),
)
tongues = st.sampled_from(sorted(languages())).map(lambda tag: languages()[tag])
few = settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
many = settings(max_examples=300, phases=[Phase.explicit, Phase.generate])


def check(shown: str, harmless: str) -> None:
    """Compare how both texts are read; other people's text may change only the visible words."""
    assert read(shown)[0] == read(harmless)[0], shown
    assert hidden(shown) == hidden(harmless)  # an emoji of ours has a variation selector


@many
@given(texts, st.sampled_from([8, 80, 300]))
@example("[a](b) [Log in again here](https://evil.example/login)", 300)
@example("[[x]](https://e.example)", 300)
@example("\\[x](https://e.example)", 300)
@example("`](https://e.example) [`x](https://e.example)", 300)
def test_a_text_is_read_letter_by_letter_and_keeps_its_bound(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert read(shown) == ([], read_text(label(text, limit), shown))
    assert hidden(shown) == []
    assert "\n" not in shown
    assert "@everyone" not in shown.casefold()
    assert "@here" not in shown.casefold()
    assert units(shown) <= limit
    assert plain(shown) is shown


def read_text(bare: str, shown: str) -> str:
    """Return the visible part of `text`: all of it that fits with its escapes, without a mention of everybody."""
    seen = read(shown)[1]
    whole = bare.replace(" ", "") or "?"
    kept = seen.replace(" ", "")
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept[:-1]))
    return seen


@many
@given(texts, st.sampled_from([8, 80, 300]))
def test_a_text_does_not_end_its_inline_code(text: str, limit: int) -> None:
    for shown in (code(text, limit), code(plain(text, limit))):
        assert read(shown)[0] == ["code"]
        assert read(f"a {shown} `b`")[0] == ["code", "code"]
        assert hidden(shown) == []
        assert shown.count("`") == 2


@few
@given(texts, st.sampled_from([8, 80]))
def test_a_label_is_one_visible_line(text: str, limit: int) -> None:
    shown = label(text, limit)
    assert hidden(shown) == []
    assert "\n" not in shown
    assert units(shown) <= limit


@many
@given(texts, texts)
def test_a_link_of_ours_leads_where_we_say(title: str, rest: str) -> None:
    url = "https://vendor.example/a?" + rest.encode("utf-8", "replace").decode()
    (kind,) = read(link(in_link(title, 80), url))[0]
    assert kind.startswith("link to https://vendor.example/a?")
    assert "evil" not in kind or "evil" in rest


@few
@given(tongues, texts)
def test_no_value_of_a_sentence_changes_how_the_sentence_is_read(language: Language, text: str) -> None:
    for message, values in parts("en-US").items():
        if values and not message.startswith("-"):
            shown = language.say(message, **dict.fromkeys(values, text))
            check(shown, language.say(message, **dict.fromkeys(values, "x")))


def views(language: Language, text: str) -> list[str]:
    """Return every answer that shows other people's texts, with `text` in each place."""
    vendor = Vendor(
        name=VendorName("lab"), title=text, tenant=Tenant("lab"), redirect_uri="http://localhost:1/cb", note=text,
        token_for=text, account_at=text,
    )  # fmt: skip
    state = LoginState(
        tenant=Tenant("lab"), kind="mcp", state="ok", refreshable=True, expires_at=NOW, account=text,
        logged_in_by=ADA, logged_in_at=NOW, shadowed_by=text, vendor=vendor,
        failed=RefreshAttempt("f", NOW, text, answered=True, not_before=NOW),
        access=GrantedAccess(text, "", (text,), ("other",), (text,), "widen"),
    )  # fmt: skip
    dead = state._replace(state="dead", died=DeadToken("f", text, NOW), vendor=None, tenant=Tenant("a b"))
    status = Status((state, dead), (PendingLogin("lab", ADA, NOW, NOW),), (Problem(text, text),), ((vendor, "V"),))
    shown: list[str] = [
        login_words.logged_in(language, LoginResult(vendor, NOW, text, text)),
        words.logged_out(language, LogoutResult(Tenant("lab"), True, True, text, False), text),  # noqa: FBT003
        words.login_ended(language, state),
        words.login_ended(language, dead),
        removed_message(language, text).content,
    ]
    for url in ("https://v.example/", "https://v.example/" + "y" * 600, "https://v.example/" + "y" * 1200):
        for offer in (
            LoginOffer(vendor, url, NOW),
            LoginOffer(dataclasses.replace(vendor, flow="device"), url, NOW, text),
        ):
            message = login_message(language, offer, "0-000000")
            shown.append(message.content)
    shown.append(status_message(language, status, ADA, lambda _: text).content)
    taken = LoginTakenError(Tenant("lab"), ADA, text)
    stored = AccountStoredError("lab", Tenant("lab"), (), shown=(), generation="a1")
    shown += [
        logout_question(language, LoginDetails(state, "a1", revocable=True)).content,
        replace_question(language, "lab", text, taken).content,
        beside_question(language, text, [text], stored).content,
    ]
    return shown


@few
@given(tongues, texts.map(lambda text: text[:60] or "\u200b"))
@example(english(), "](<https://evil.example>)](<https://evil.example>)](<https:/")  # it ended a bracket of ours
@example(english(), "`" * 60)  # it moved a link into the embed
@example(languages()["zh-TW"], "](<https://evil.example>)")  # after a bracket of ours, in [mcp.NAME]
async def test_no_text_changes_how_an_answer_is_read(language: Language, text: str) -> None:
    for shown, harmless in zip(views(language, text), views(language, "x"), strict=True):
        check(shown, harmless)


@few
@given(tongues, st.sampled_from(MET), texts)
def test_no_field_of_a_failure_changes_how_it_is_read(language: Language, error: OpenabAuthError, text: str) -> None:
    def with_fields(value: str) -> Markup:
        told = type(error).__new__(type(error))
        vars(told).update(vars(error))
        for field, there in vars(told).items():
            if type(there) is str and field not in {"asked", "reason"}:
                setattr(told, field, value)
            elif isinstance(there, tuple) and there:
                setattr(told, field, (value, value))
        return failure(language, told)

    check(with_fields(text or "\u200b"), with_fields("x"))


@few
@given(tongues, texts)
async def test_what_is_no_markup_shows_no_escape_and_nothing_hidden(language: Language, text: str) -> None:
    vendor = Vendor(name=VendorName(text[:40] or "x"), title=text, tenant=Tenant("lab"))
    state = LoginState(Tenant("lab"), "token", "ok", True, NOW, text, ADA, NOW, None, vendor)  # noqa: FBT003
    choices = [
        *login_choices(language, [vendor], [state], ""),
        *logout_choices(language, [state], ""),
        *pending_choices([PendingLogin(text[:40] or "x", ADA, NOW, NOW)], ""),
        *server_choices([text[:40] or "x"], ""),
    ]
    buttons = [
        LoginButton(language, "lab", text).item.label,
        CancelButton(language, "lab", text, "0123456789").item.label,
    ]
    for shown in [*(choice.name for choice in choices), *map(str, buttons)]:
        assert hidden(shown) == []
        assert 0 < units(shown) <= CHOICE
        assert "\n" not in shown
        assert shown.count("\\") <= text.count("\\") * 2


def test_a_name_stays_readable() -> None:
    for name in ("ada@example.com", "The Lab (MCP at mcp.example)", "Zoë", "登入", "ภาษาไทย", "Tiếng Việt", "🦀 crab"):
        assert plain(name) == label(name) == name
    assert read(plain("my_account + 1 <a> [b] #c"))[1] == "my_account + 1 <a> [b] #c"
    assert label("e\u0301\u0302\u0303") == "e\u0301\u0302"
    assert plain("\uff20everyone") == "@ everyone"


def test_markup_of_ours_is_not_escaped_and_joins_nothing_that_is_not() -> None:
    assert Markup("\n").join([mention(5), "<@6>"]) == "<@5>\n\\<@6\\>"
    language = Language("en-US", "hello = Hello, { $name }!")
    assert language.say("hello", name=mention(5)) == "Hello, <@5>!"
    assert language.say("hello", name="<@5>") == "Hello, \\<@5\\>!"
    assert language.label("hello", name="a_b\n") == "Hello, a_b!"


class _Code(Visitor):
    """Collect the patterns in which a value is between two backticks."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Pattern(self, node: ftl.Pattern) -> None:  # noqa: N802
        open_code = False
        for element in node.elements:
            if isinstance(element, ftl.TextElement):
                open_code ^= element.value.count("`") % 2 == 1
            elif open_code:
                self.found.append(str(node.elements))
        self.generic_visit(node)


@pytest.mark.parametrize("tag", TAGS)
def test_a_value_stands_in_inline_code_by_the_function_for_it(tag: str) -> None:
    """Between backticks that a language file writes itself, people would see the escapes of a value."""
    reader = _Code()
    reader.visit(resource(tag))
    assert reader.found == []


SENDING = {"send", "send_message", "edit", "edit_message", "edit_original_response", "create_thread", "reply"}


def test_one_module_sends_every_message_and_lets_nobody_be_mentioned() -> None:
    calls = [
        (file.name, node)
        for file in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SENDING
    ]
    assert len(calls) >= 3
    for name, call in calls:
        assert name == "replies.py", ast.unparse(call)
        mentions = [word.value for word in call.keywords if word.arg == "allowed_mentions"]
        assert [ast.unparse(value) for value in mentions] == ["discord.AllowedMentions.none()"], ast.unparse(call)


def test_markup_is_declared_where_it_can_be_looked_over() -> None:
    """`Markup(...)` promises that each part is ours or escaped; this test lists all these promises."""
    makers = {
        file.name
        for file in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup"
    }
    assert makers <= {
        "markup.py",
        "language.py",
        "words.py",
        "login_words.py",
        "failures.py",
        "replies.py",
        "message.py",
        "mentions.py",
        "cards.py",
        "accounts.py",
    }
    embeds = {file.name for file in FOLDER.rglob("*.py") if "discord.Embed(" in file.read_text(encoding="utf-8")}
    assert not embeds  # messages are layouts, or plain text
