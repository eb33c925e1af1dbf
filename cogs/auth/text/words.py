"""Composes what a person reads about logins from the messages of their language. It needs no Discord.

`login_words` has the messages of a login, and `person_words` those about everything that one person has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from openab_auth.cogs.auth.text.account_names import account_title
from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.markup import LINES, Markup, mention, moment, plain
from openab_auth.cogs.auth.text.technical import in_peoples_words
from openab_auth.cogs.auth.text.units import cut
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import LoginOvertakenError, LoginTakenError
from openab_auth.oauth.logins import LoginState, LogoutResult
from openab_auth.oauth.vendors import Vendor, bare_name, table_name
from openab_auth.oauth.vendors.account_labels import person_in
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


def other_host_of(language: Language, message: str, vendor: Vendor) -> Markup | None:
    """Return the note that one host gets the token of an account at another host, or None."""
    if not vendor.account_at:
        return None
    return language.say(message, host=vendor.token_for, issuer=vendor.account_at)


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


def ask_logout(
    language: Language,
    state: LoginState,
    *,
    revocable: bool,
    shared_with: Sequence[Tenant] = (),
    title_of: Callable[[str], str] = str,
) -> Markup:
    """Return the question before a logout, with what each choice ends.

    `shared_with` are logins that a revocation may end as well. `title_of` returns their titles. Nobody's personal login
    is named.
    """
    title = account_title(language, state.vendor) if state.vendor else state.tenant
    lines = [
        language.say("logout-question", login=named_login(language, title, state.account)),
        language.say("logout-remove"),
        language.say("logout-revoke") if revocable else language.say("logout-cannot-revoke"),
    ]
    if revocable and shared_with:
        named = [tenant for tenant in shared_with if person_in(tenant) is None]
        if named:
            lines.append(language.say("logout-shared", logins=plain(", ".join(map(title_of, named)), _NAMES)))
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
    if state.limited_until:
        details.append(language.say("status-limited", time=moment(state.limited_until)))
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
