"""Composes the messages about logins that nobody has asked for."""

from __future__ import annotations

from typing import Final

from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.account_names import account_title
from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.markup import Markup, mention, moment, plain
from openab_auth.oauth.logins import LoginState
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import Notice

_TITLE: Final = 80


def login_ends(language: Language, notice: Notice, vendor: Vendor | None, state: LoginState | None) -> Markup:
    """Return the message that a login ends soon and that nothing can renew it."""
    login = words.named_login(language, _account_of(language, notice, vendor), state.account if state else None)
    return language.say("login-ends", login=login, time=moment(notice.at, "f"), relative=moment(notice.at))


def variable_ends(language: Language, notice: Notice, vendor: Vendor | None, variable: str) -> Markup:
    """Return the message that a token in a variable of the bot ends soon."""
    login = plain(_account_of(language, notice, vendor), _TITLE)
    time, relative = moment(notice.at, "f"), moment(notice.at)
    return language.say("variable-ends", login=login, variable=plain(variable, _TITLE), time=time, relative=relative)


def login_replaced(language: Language, notice: Notice, vendor: Vendor | None) -> Markup:
    """Return the message that tells a person who has replaced their login."""
    who = mention(notice.by) if notice.by else language.say("person-at-console")
    return language.say("login-replaced", login=plain(_account_of(language, notice, vendor), _TITLE), who=who)


def own_login_notice(language: Language, notice: Notice, vendor: Vendor | None) -> Markup:
    """Return the message to the operators about somebody's own login, without the account's name."""
    message = "own-login-ended" if notice.about == "died" else "own-login-ends"
    login, relative = plain(_account_of(language, notice, vendor), _TITLE), moment(notice.at)
    return language.say(message, login=login, relative=relative)


def _account_of(language: Language, notice: Notice, vendor: Vendor | None) -> str:
    return account_title(language, vendor) if vendor else notice.login
