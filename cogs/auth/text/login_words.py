"""Composes what a person reads during a login: the steps, what to know before them, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from openab_auth.cogs.auth.text.account_names import account_title
from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.markup import LINES, Markup, code, in_link, moment, plain
from openab_auth.cogs.auth.text.words import other_host_of, title_of, when
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.http import is_loopback
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.oauth.vendors.account_labels import person_of

_TITLE: Final = 80
_ACCOUNT: Final = 100


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


def logged_in(language: Language, done: LoginResult, *, shared_serves: bool = True) -> Markup:
    """Return the answer to a login that succeeded; `shared_serves`: a shared login may serve threads here."""
    vendor = title_of(language, done.vendor)
    if done.by_program:
        return language.say("login-done-program", vendor=vendor)
    use = language.say(_use_of(done.vendor.label, shared_serves=shared_serves))
    if done.account:
        lines = [language.say("login-done-as", vendor=vendor, account=plain(done.account, _ACCOUNT), use=use)]
    else:
        lines = [language.say("login-done", vendor=vendor, use=use)]
    if done.replaced:
        lines.append(language.say("login-done-replaced", account=plain(done.replaced, _ACCOUNT)))
    if done.lacks_project:
        lines.append(language.say("login-lacks-project"))
    return LINES.join(lines)


def _use_of(label: str, *, shared_serves: bool) -> str:
    if person_of(label) is not None:
        return "login-use-personal"
    if not shared_serves:
        return "login-use-outside"
    return "login-use-named" if label else "login-use-shared"


def _step(number: int, text: Markup) -> Markup:
    return Markup(f"{number}. {text}")


def _risk_of(language: Language, vendor: Vendor) -> Markup | None:
    """Return the warning about a vendor's risk, or None."""
    message = f"risk-{vendor.risk}"
    return language.say(message) if language.has(message) else None


def _cautions(language: Language, vendor: Vendor) -> list[Markup]:
    """Return what a person should know before they open the link."""
    risk = _risk_of(language, vendor)
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
