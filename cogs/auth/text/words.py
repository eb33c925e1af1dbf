"""Composes the sentences that a person reads from the messages of their language. It needs no Discord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from openab_auth.cogs.auth.text.account_names import account_title
from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.markup import LINES, Markup, code, in_link, mention, moment, plain
from openab_auth.cogs.auth.text.technical import in_peoples_words
from openab_auth.cogs.auth.text.units import cut
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import LoginOvertakenError, LoginTakenError
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.http import is_loopback
from openab_auth.oauth.logins import LoginState, LogoutResult
from openab_auth.oauth.vendors import Catalogue, Vendor, bare_name, table_name
from openab_auth.oauth.vendors.account_labels import person_of, split_label
from openab_auth.storage import Tenant

_NEVER: Final = 2**40  # seconds; agents write such a time for a token without an end
_TITLE: Final = 80
_NAMES: Final = 200
_ACCOUNT: Final = 100
_REASON: Final = 400
_SCOPES: Final = 200


def when(language: Language, unix_seconds: int) -> Markup:
    """Return a time relative to now, as each client shows it."""
    return moment(unix_seconds) if unix_seconds < _NEVER else language.say("never")


def title_of(language: Language, vendor: Vendor) -> Markup:
    """Return the title of an account."""
    return plain(account_title(language, vendor), _TITLE)


def about(language: Language, message: str, vendor: Vendor) -> Markup:
    """Return a message whose only value is the vendor."""
    return language.say(message, vendor=title_of(language, vendor))


def risk_of(language: Language, vendor: Vendor) -> Markup | None:
    """Return the warning about a vendor's risk, or None."""
    message = f"risk-{vendor.risk}"
    return language.say(message) if language.has(message) else None


def other_host_of(language: Language, message: str, vendor: Vendor) -> Markup | None:
    """Return the note that one host gets the token of an account at another host, or None."""
    if not vendor.account_at:
        return None
    return language.say(message, host=vendor.token_for, issuer=vendor.account_at)


def ends_on_dead_page(vendor: Vendor) -> bool:
    """Return whether the browser ends on an address of the person's own machine, where nothing listens."""
    return is_loopback(urlsplit(vendor.redirect_uri).hostname or "")


def steps(language: Language, offer: LoginOffer, opening: Markup) -> Markup:
    """Return the login message: the steps in order, the look of the last page, and the time when the link expires.

    `opening` is the first step: it says where the link to the login page is.
    """
    vendor = offer.vendor
    if ends_on_dead_page(vendor):
        last_page = language.say("login-last-page-dead", beginning=_beginning(vendor))
    else:
        last_page = language.say("login-last-page-code")
    lines = [language.say("login-title", vendor=title_of(language, vendor)), *_cautions(language, vendor)]
    lines += [_step(number, text) for number, text in enumerate((opening, last_page, language.say("login-paste")), 1)]
    time, relative = moment(offer.expires_at, "t"), when(language, offer.expires_at)
    return LINES.join([*lines, language.say("login-link-expires", time=time, relative=relative)])


def code_steps(language: Language, offer: LoginOffer, opening: Markup) -> Markup:
    """Return the login message for a device code or the vendor's own program: the steps, and how long it waits."""
    vendor, by_program = offer.vendor, offer.by_program
    lines = [
        language.say("login-title", vendor=title_of(language, vendor)),
        *_cautions(language, vendor),
        _step(1, opening),
    ]
    number = 1
    if offer.user_code:
        number += 1
        lines += [_step(number, language.say("login-code-type")), Markup(f"# {code(offer.user_code, _ACCOUNT)}")]
    if by_program:
        lines.append(_step(number + 1, language.say("login-program-paste")))
    message = "login-program-wait" if by_program else "login-code-wait"
    time, relative = moment(offer.expires_at, "t"), when(language, offer.expires_at)
    lines.append(language.say(message, vendor=title_of(language, vendor), time=time, relative=relative))
    return LINES.join(lines)


def key_steps(language: Language, offer: LoginOffer, opening: Markup) -> Markup:
    """Return the login message for an API key: the steps, and how long the form takes the key."""
    vendor = offer.vendor
    lines = [language.say("login-title", vendor=title_of(language, vendor)), *_cautions(language, vendor)]
    lines += [_step(1, opening), _step(2, language.say("login-paste-key"))]
    if not vendor.check_url:
        lines.append(language.say("login-key-unchecked"))
    time, relative = moment(offer.expires_at, "t"), when(language, offer.expires_at)
    return LINES.join([*lines, language.say("login-key-expires", time=time, relative=relative)])


def page_of(language: Language, vendor: Vendor, message: str) -> Markup:
    """Return the text of the link to a page of a vendor."""
    return language.say(message, vendor=in_link(account_title(language, vendor), _TITLE))


def _step(number: int, text: Markup) -> Markup:
    return Markup(f"{number}. {text}")


def _cautions(language: Language, vendor: Vendor) -> list[Markup]:
    """Return what a person should know before they open the link."""
    risk = risk_of(language, vendor)
    note = note_of(language, vendor) if vendor.note else None
    other_host = other_host_of(language, "login-other-host", vendor)
    return [
        *([other_host] if other_host else []),
        *([risk] if risk else []),
        *([language.say("vendor-note", note=note)] if note else []),
    ]


def note_of(language: Language, vendor: Vendor) -> Markup:
    """Return the note in a vendor's table. A shipped note is translated; an operator's own note is shown as it is."""
    message = f"note-{vendor.default_name}"
    ours = language.has(message) and vendor.note == _shipped_notes().get(vendor.default_name)
    return language.say(message) if ours else plain(vendor.note)


@cache
def _shipped_notes() -> Mapping[str, str]:
    return {vendor.name: vendor.note for vendor in Catalogue.shipped({}).all()}


def _beginning(vendor: Vendor) -> Markup:
    parts = urlsplit(vendor.redirect_uri)
    return plain(f"{parts.scheme}://{parts.netloc}", _ACCOUNT)


def logged_in(language: Language, done: LoginResult) -> Markup:
    """Return the answer to a login that succeeded."""
    vendor = title_of(language, done.vendor)
    if done.by_program:
        return language.say("login-done-program", vendor=vendor)
    use = language.say(_use_of(done.vendor.label))
    if done.account:
        lines = [language.say("login-done-as", vendor=vendor, account=plain(done.account, _ACCOUNT), use=use)]
    else:
        lines = [language.say("login-done", vendor=vendor, use=use)]
    if done.replaced:
        lines.append(language.say("login-done-replaced", account=plain(done.replaced, _ACCOUNT)))
    if done.lacks_project:
        lines.append(language.say("login-lacks-project"))
    return LINES.join(lines)


def _use_of(label: str) -> str:
    if not label:
        return "login-use-shared"
    return "login-use-named" if person_of(label) is None else "login-use-personal"


def ask_replace(language: Language, title: str, taken: LoginTakenError) -> Markup:
    """Return the question whether to replace another person's login. If the login came too late, say that first."""
    if taken.logged_in_by is None:
        who = language.say("unknown-person")
    else:
        who = mention(taken.logged_in_by) if taken.logged_in_by else language.say("person-at-console")
    question = language.say("replace-question", who=who, login=named_login(language, title, taken.account))
    if not isinstance(taken, LoginOvertakenError):
        return question
    return LINES.join([language.say("login-overtaken", vendor=plain(title, _TITLE)), question])


def ask_logout(language: Language, state: LoginState, *, revocable: bool, shared_with: Sequence[Tenant] = ()) -> Markup:
    """Return the question before a logout, with what each choice ends.

    `shared_with` are logins that a revocation may end as well. Nobody's personal login is named.
    """
    title = account_title(language, state.vendor) if state.vendor else state.tenant
    lines = [
        language.say("logout-question", login=named_login(language, title, state.account)),
        language.say("logout-remove"),
        language.say("logout-revoke") if revocable else language.say("logout-cannot-revoke"),
    ]
    if revocable and shared_with:
        named = [tenant for tenant in shared_with if person_of(split_label(tenant)[1]) is None]
        if named:
            lines.append(language.say("logout-shared", logins=plain(", ".join(named), _NAMES)))
        if len(named) < len(shared_with):
            lines.append(language.say("logout-shared-personal"))
    if state.shadowed_by:
        lines.append(language.say("logout-shadowed", variable=plain(state.shadowed_by, _TITLE)))
    return LINES.join(lines)


def named_login(language: Language, title: str, account: str | None) -> Markup:
    """Return the name of a login: its vendor and its account."""
    login = plain(title, _TITLE)
    return language.say("login-with-account", login=login, account=plain(account, _ACCOUNT)) if account else login


def logged_out(language: Language, done: LogoutResult, title: str) -> Markup:
    """Return the answer to a logout. `title` is the vendor's title."""
    vendor = plain(title, _TITLE)
    if not done.removed:
        lines = [language.say("logout-newer-login-kept" if done.newer_kept else "logout-nothing", vendor=vendor)]
        if done.revoked:
            lines.append(language.say("logout-earlier-login-revoked"))
    elif done.revoked:
        lines = [language.say("logout-revoked", vendor=vendor)]
    else:
        lines = [language.say("logout-removed", vendor=vendor)]
    if done.note:
        lines.append(language.say("logout-not-revoked", note=_reason(done.note, _REASON)))
    if done.left:
        lines.append(language.say("logout-tokens-left"))
    return LINES.join(lines)


def login_ended(language: Language, state: LoginState) -> Markup:
    """Return the message that tells a person that their login has ended."""
    title = account_title(language, state.vendor) if state.vendor else state.tenant
    login = named_login(language, title, state.account)
    said = _reason(state.died.reason if state.died else "", _REASON)
    return language.say("login-ended", login=login, reason=said)


def _reason(reason: str, limit: int) -> str:
    """Return a reason in people's words, or `none`, which messages select by."""
    said = in_peoples_words(reason)
    return plain(said, limit) if said else "none"


def login(language: Language, state: LoginState) -> Markup:
    """Return one login at a glance: its state, its account, who logged in and when, and when its token renews."""
    title = title_of(language, state.vendor) if state.vendor else plain(state.tenant, _TITLE)
    ended = state.state == "dead"
    says = language.say("state-not-renewable" if ended and not state.died else f"state-{state.state}")
    details = []
    if state.account:
        details.append(plain(state.account, _ACCOUNT))
    if state.logged_in_at is not None:
        made = when(language, state.logged_in_at)
        if state.logged_in_by:
            details.append(language.say("status-logged-in-by", time=made, who=mention(state.logged_in_by)))
        else:
            details.append(language.say("status-logged-in", time=made))
    if state.state in {"ok", "expiring"} and state.expires_at is not None:
        details.append(_token(language, state.expires_at, refreshable=state.refreshable))
    if state.vendor and (other_host := other_host_of(language, "status-other-host", state.vendor)):
        details.append(other_host)
    elif state.access and state.access.host:
        details.append(language.say("status-server", host=plain(state.access.host, _TITLE)))
    if state.shadowed_by:
        details.append(language.say("status-shadowed", variable=plain(state.shadowed_by, _TITLE)))
    first = language.say("status-login", mark="⚠️" if ended else "✅", title=title, state=says)
    return LINES.join([first, *([Markup(" · ").join(details)] if details else []), *_below(language, state)])


def _token(language: Language, expires_at: int, *, refreshable: bool) -> Markup:
    """Return when the access token is renewed, or when it expires if nobody can renew it."""
    if expires_at >= _NEVER:
        return language.say("status-token-lasting")
    time = moment(expires_at)
    return (
        language.say("status-token-renews", time=time)
        if refreshable
        else language.say("status-token-expires", time=time)
    )


def _below(language: Language, state: LoginState) -> list[Markup]:
    """Return more lines about a login: a failed renewal, and scopes that differ from the requested scopes."""
    lines = []
    if failed := state.failed:
        at, then = when(language, int(failed.at)), when(language, int(failed.not_before))
        lines.append(language.say("status-renewal-failed", time=at, then=then, reason=_reason(failed.reason, _SCOPES)))
    if (access := state.access) and access.differs:
        asked, granted = _scopes(access.asked), _scopes(access.granted)
        lines.append(language.say("status-scopes", asked=asked, granted=granted))
    if access and access.remedy:
        table = table_name(cut(bare_name(state.tenant), _TITLE))
        todo = language.say(f"remedy-{access.remedy}", table=table)
        lines.append(language.say("status-missing-scopes", scopes=_scopes(access.missing), todo=todo))
    return lines


def _scopes(scopes: tuple[str, ...]) -> Markup:
    """Return as many scopes as fit into a line."""
    return plain(" ".join(scopes), _SCOPES)


def access_request(language: Language, user: int, guild: int | None) -> Markup:
    """Return the message to the operators about a person who asks for access."""
    where = "none" if guild is None else str(guild)
    return language.say("access-request", who=mention(user), user=str(user), guild=where)


def pending(language: Language, login: PendingLogin, title: str) -> Markup:
    """Return one pending login at a glance."""
    return language.say("status-pending", vendor=plain(title, _TITLE), time=when(language, login.expires_at))


def problems(language: Language, count: int, incident: str) -> Markup:
    """Return how many problems the operator has to repair, and the incident id under which the log names them."""
    return LINES.join([language.say("status-problems", count=count), language.say("incident", incident=incident)])
