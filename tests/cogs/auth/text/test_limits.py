"""No message, form or list exceeds a limit of Discord, with any names and links of vendors and operators.

Lengths are counted in UTF-16 units, the strictest reading; the embedded Discord also counts them here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from openab_auth.bot.playground.discord.rules import limits as discord_limits
from openab_auth.cogs.auth.replies import ReplyContent, layout_of
from openab_auth.cogs.auth.text import login_words, words
from openab_auth.cogs.auth.text.failures import failure
from openab_auth.cogs.auth.text.language import Language, languages
from openab_auth.cogs.auth.text.limits import cut, plain, units
from openab_auth.cogs.auth.text.markup import LINES, Markup
from openab_auth.cogs.auth.views.buttons import NameTooLongError
from openab_auth.cogs.auth.views.choices import login_choices, logout_choices, pending_choices
from openab_auth.cogs.auth.views.failure import failure_message
from openab_auth.cogs.auth.views.help import help_message
from openab_auth.cogs.auth.views.login.conflict import beside_question, replace_question
from openab_auth.cogs.auth.views.login.message import LinkTooLongError, login_message
from openab_auth.cogs.auth.views.login.paste_form import fits, paste_modal
from openab_auth.cogs.auth.views.logout import logout_question
from openab_auth.cogs.auth.views.status import status_message
from openab_auth.oauth.entries import GENERATION_DIGITS, PendingLogin
from openab_auth.oauth.errors import AccountStoredError, LoginOvertakenError, LoginTakenError
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.logins import LoginDetails, LoginState, LogoutResult, Status
from openab_auth.oauth.mcp import GrantedAccess
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Problem, Tenant, UserId
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.records.notes import DeadToken, RefreshAttempt
from tests.cogs.auth.text.failures import MET

NOW = 2_000_000_000
KEY = f"{NOW:x}-{'a' * GENERATION_DIGITS}"
ADA = UserId(2**63)

tongues = st.sampled_from(sorted(languages())).map(lambda tag: languages()[tag])
# Names as people make them, and as nobody should: markup, line breaks, emoji of two units, and thousands of them.
pieces = st.sampled_from(
    ["a", "_", "*", "`", "~", "|", "🦀", "登", " ", "\n", "[x](https://e.example)", "<@1>", "##", "\\"]
)
texts = st.one_of(
    st.text(max_size=12),
    st.builds(lambda piece, times: piece * times, pieces, st.sampled_from([1, 40, 90, 3000])),
)
names = texts.filter(bool)
maybe = st.none() | texts
few = settings(max_examples=30, phases=[Phase.explicit, Phase.generate])
risks = st.sampled_from(["ok", "experimental", "tos-risk"])
redirects = st.sampled_from(
    ["http://localhost:1455/auth/callback", "https://vendor.example/code", f"http://[::1]/{'x' * 900}"]
)
urls = st.integers(0, 6000).map(lambda length: f"https://vendor.example/authorize?x=({'y' * length})")
vendors = st.builds(
    Vendor,
    name=st.one_of(st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True), names),
    title=texts,
    tenant=names.map(Tenant),
    redirect_uri=redirects,
    risk=risks,
    note=texts,
    revoke_url=st.sampled_from(["", "https://vendor.example/revoke"]),
)
scopes = st.lists(texts, max_size=120).map(tuple)
accesses = st.builds(
    GrantedAccess,
    host=texts,
    issuer=texts,
    asked=scopes,
    granted=scopes,
    missing=scopes,
    remedy=st.sampled_from([None, "log-in", "widen", "grant"]),
)
attempts = st.builds(
    RefreshAttempt,
    fingerprint=st.just("f"),
    at=st.floats(0, 2**62),
    reason=texts,
    answered=st.booleans(),
    not_before=st.floats(0, 2**62),
)
states = st.builds(
    LoginState,
    tenant=names.map(Tenant),
    kind=st.just("token"),
    state=st.sampled_from(["ok", "expiring", "expired", "dead"]),
    refreshable=st.booleans(),
    expires_at=st.none() | st.integers(0, 2**53),
    account=maybe,
    logged_in_by=st.none() | st.just(ADA),
    logged_in_at=st.none() | st.just(NOW),
    shadowed_by=maybe,
    vendor=st.none() | vendors,
    died=st.none() | st.builds(DeadToken, fingerprint=st.just("f"), reason=texts, since=st.just(NOW)),
    failed=st.none() | attempts,
    access=st.none() | accesses,
)
waiting = st.builds(
    PendingLogin,
    vendor=names,
    user=st.just(ADA),
    created_at=st.just(NOW),
    expires_at=st.just(NOW + 900),
    generation=st.just("a" * GENERATION_DIGITS),
)


@pytest.fixture(autouse=True, scope="module")
def _strictly_counted() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discord_limits, "_length", lambda text: 0 if text is None else units(str(text)))
        patch.setattr("openab_auth.cogs.auth.text.language._log.error", lambda *told: pytest.fail(str(told)[:200]))
        yield


def check(answer: ReplyContent) -> None:
    """Refuse every message that Discord would refuse."""
    shown = dataclasses.replace(answer, files=())
    discord_limits.check_message({"flags": 1 << 15, "components": layout_of(shown).to_components()})  # type: ignore[no-untyped-call]
    answer.content.encode()  # no half of an emoji


def with_footer(language: Language, text: Markup) -> ReplyContent:
    """Return the message as a direct message shows it."""
    return ReplyContent(LINES.join([text, language.say("dm-delete-paste")]))


@few
@given(tongues, vendors, urls)
async def test_a_login_message_holds_its_link_whole_or_says_that_nothing_can(
    language: Language, vendor: Vendor, url: str
) -> None:
    try:
        answer = login_message(language, LoginOffer(vendor, url, NOW), KEY)
    except LinkTooLongError:
        assert len(url) > 3700
        return
    check(answer)
    text = answer.content
    whole = url.replace("(", "%28").replace(")", "%29")
    linked = [getattr(child, "url", None) for child in answer.buttons]
    assert url in linked or f"](<{whole}>)" in text


@few
@given(tongues, vendors, st.just("") | urls)
async def test_a_login_message_for_a_key(language: Language, vendor: Vendor, url: str) -> None:
    try:
        answer = login_message(language, LoginOffer(dataclasses.replace(vendor, flow="key"), url, NOW), KEY)
    except LinkTooLongError:
        assert len(url) > 3700
        return
    check(answer)


@few
@given(tongues, vendors, st.sampled_from(["device", "command"]), st.sampled_from([None, "ABCD-EFGH", "X" * 40]), urls)
async def test_a_login_message_with_a_code(
    language: Language, vendor: Vendor, flow: str, code: str | None, url: str
) -> None:
    offer = LoginOffer(dataclasses.replace(vendor, flow=flow), url[:600], NOW, code)
    assert offer.waits
    answer = login_message(language, offer, KEY)
    check(answer)
    assert code is None or f"`{code}`" in answer.content


@few
@given(tongues, states, maybe, names)
async def test_the_answers_to_a_login_and_to_a_logout(
    language: Language, state: LoginState, account: str | None, name: str
) -> None:
    vendor = state.vendor or Vendor(name=VendorName("lab"), title=name, tenant=Tenant("lab"))
    check(with_footer(language, login_words.logged_in(language, LoginResult(vendor, NOW, account, name))))
    for revoked, removed, stands in (
        (True, True, False),
        (False, True, False),
        (True, False, False),
        (True, False, True),
    ):
        done = LogoutResult(state.tenant, revoked, removed, account, stands)
        check(ReplyContent(words.logged_out(language, done, name)))
    for message in ("login-link-expired", "login-link-replaced", "login-cancelled"):
        check(ReplyContent(words.about(language, message, vendor)))
    check(ReplyContent(words.login_ended(language, state)))
    try:
        check(logout_question(language, LoginDetails(state, "a" * GENERATION_DIGITS, revocable=True)))
        taken = LoginTakenError(Tenant(name), ADA, account, "a" * GENERATION_DIGITS)
        check(replace_question(language, name, name, taken))
        check(replace_question(language, name, name, LoginOvertakenError(taken)))
        digits, others = "a" * GENERATION_DIGITS, (Tenant(name),) * 20
        stored = AccountStoredError(name, Tenant(name), others, shown=others, generation=digits, replaces=digits)
        check(beside_question(language, name, [name] * 20, stored))
    except NameTooLongError:
        assert units(state.tenant) > 70 or units(name) > 60


@few
@given(
    tongues,
    st.lists(states, max_size=4, unique_by=lambda each: each.vendor and each.vendor.name),
    st.lists(waiting, max_size=4, unique_by=lambda each: each.vendor),
    texts,
    st.sampled_from([1, 30]),
)
async def test_the_status(
    language: Language, logins: list[LoginState], pending: list[PendingLogin], name: str, times: int
) -> None:
    many = logins if times == 1 else [login._replace(vendor=None) for login in logins] * times
    held = tuple((login.vendor, name[:60]) for login in many if login.vendor)
    status = Status(tuple(many), tuple(pending), (Problem(name, name),) if name else (), held)
    check(status_message(language, status, ADA, lambda vendor: vendor + name))


@few
@given(tongues, st.lists(vendors, max_size=8, unique_by=lambda vendor: vendor.name), st.none() | st.integers(0, 3))
async def test_the_help(language: Language, offered: list[Vendor], logins: int | None) -> None:
    check(help_message(language, ADA, offered, logins))
    for refusal in MET[:7]:
        check(help_message(language, ADA, offered, None, refusal))


@few
@given(tongues, st.sampled_from(MET), texts, names)
async def test_a_failure_with_whatever_its_fields_hold(
    language: Language, error: OpenabAuthError, text: str, vendor: str
) -> None:
    told = type(error).__new__(type(error))
    vars(told).update(vars(error))
    for field, value in vars(told).items():
        match value:
            case str():
                setattr(told, field, text)
            case tuple():
                setattr(told, field, (text,) * 30)
            case bool():
                pass
            case int() | float():
                setattr(told, field, type(value)(2**60))
    told.code = "unknown" if text == "" else told.code  # type: ignore[misc]  # as an error that no language file knows
    check(failure_message(language, told, "a test", vendor=vendor if fits(vendor) else None, key=KEY))
    check(with_footer(language, failure(language, told)))


@few
@given(tongues, texts.filter(fits), st.booleans())
async def test_the_form(language: Language, vendor: str, takes_key: bool) -> None:
    discord_limits.check_modal(paste_modal(language, vendor, KEY, takes_key=takes_key).to_dict())


@few
@given(tongues, st.lists(vendors, max_size=4), st.lists(states, max_size=4), st.lists(waiting, max_size=4))
async def test_the_choices(
    language: Language, offered: list[Vendor], logins: list[LoginState], pending: list[PendingLogin]
) -> None:
    for choices in (
        login_choices(language, offered, logins, ""),
        logout_choices(language, logins, ""),
        pending_choices(pending, ""),
    ):
        discord_limits.check_choices([choice.to_dict() for choice in choices])


@given(texts, st.integers(80, 400))
def test_a_text_of_somebody_else_is_one_bounded_line_without_markup(text: str, limit: int) -> None:
    for shown in (plain(text, limit), cut(text, limit)):
        assert units(shown) <= limit
        shown.encode()
    assert "\n" not in plain(text, limit)
    assert cut("short", limit) == "short"
