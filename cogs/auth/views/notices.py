"""The messages about logins that nobody has asked for: one ended, will end, or was replaced."""

from __future__ import annotations

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.service import DueNotice
from openab_auth.cogs.auth.text import LINES, Language, Markup, account_title, mention, notice_words, words
from openab_auth.cogs.auth.views.buttons import AuthButton, LoginButton, fitting
from openab_auth.oauth.vendors.account_labels import person_in


def notice_message(language: Language, due: DueNotice) -> ReplyContent:
    """Return the message of a notice. The operators are told, too, why its person was not told."""
    if due.channel != "operators":
        return ReplyContent(_said(language, due), _buttons(language, due))
    notice = due.notice
    if notice.person is None:
        why = language.say("notice-nobody-known")
    else:
        why = language.say("notice-not-told", person=mention(notice.person))
    if person_in(notice.login) is not None:  # operators can end such a login, and cannot make it
        return ReplyContent(LINES.join([notice_words.own_login_notice(language, due.notice, due.vendor), why]))
    if notice.about == "variable-ends":
        return ReplyContent(_said(language, due))
    return ReplyContent(LINES.join([_said(language, due), why]), _buttons(language, due))


def _said(language: Language, due: DueNotice) -> Markup:
    notice = due.notice
    if notice.about == "died" and due.state is not None:
        return words.login_ended(language, due.state)
    if notice.about == "variable-ends":
        return notice_words.variable_ends(language, notice, due.vendor, due.variable)
    if notice.about == "replaced":
        return notice_words.login_replaced(language, notice, due.vendor)
    return notice_words.login_ends(language, notice, due.vendor, due.state)


def _buttons(language: Language, due: DueNotice) -> tuple[AuthButton, ...]:
    vendor = due.vendor
    if vendor is None or due.notice.about == "replaced":
        return ()
    return fitting([LoginButton(language, vendor.name, account_title(language, vendor))])
