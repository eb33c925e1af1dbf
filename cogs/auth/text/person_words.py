"""Composes what operators read about everything that one person has here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.limits import fits_card
from openab_auth.cogs.auth.text.markup import LINES, Markup, mention, plain
from openab_auth.oauth.logins import PersonHoldings, PersonLogout

_TITLE: Final = 80
_NAMES: Final = 300


def ask_end_person(  # noqa: PLR0913 - each line has a reason of its own
    language: Language,
    held: PersonHoldings,
    title_of: Callable[[str], str],
    accounts: Iterable[Markup],
    *,
    irrevocable: Sequence[str],
    shared: Sequence[str],
    revocable: bool,
    changed: bool = False,
) -> Markup:
    """Return the question whether to end everything of a person, with the names of all that ends.

    `accounts` names the logins. Of these, `irrevocable` cannot be revoked at their vendors, and `shared` would end a
    login of others. `changed`: the question was asked before, about something else.
    """
    ends = [language.say("person-login", login=account) for account in accounts]
    ends += [
        language.say("person-pending", vendor=plain(title_of(vendor), _TITLE))
        for vendor in dict.fromkeys(vendor for vendor, _ in held.pending)
    ]
    first = [language.say("person-changed")] if changed else []
    first.append(language.say("person-question", who=mention(held.person), user=str(held.person)))
    last = [language.say("person-records")] if held.records else []
    last.append(language.say("person-remove"))
    if revocable:
        last.append(language.say("person-revoke"))
    if irrevocable:
        last.append(language.say("person-cannot-revoke", logins=plain(", ".join(irrevocable), _NAMES)))
    if shared:
        last.append(language.say("person-shared", logins=plain(", ".join(shared), _NAMES)))
    last.append(language.say("person-shared-stay"))
    return _fitting(language, first, ends, last)


def person_ended(language: Language, done: PersonLogout, title_of: Callable[[str], str]) -> Markup:
    """Return the answer after everything of a person has ended, with the end of each login."""
    ends = [words.logged_out(language, ended.result, title_of(ended.result.tenant)) for ended in done.logins]
    last = [language.say("person-ended-pending", count=len(done.pending))] if done.pending else []
    if done.had_choices:
        last.append(language.say("person-ended-records"))
    return _fitting(language, [language.say("person-ended", who=mention(done.person))], ends, last)


def person_left(  # noqa: PLR0913 - the parts of the message
    language: Language, held: PersonHoldings, guild: str, made: Sequence[str], *, ended: bool, failed: bool
) -> Markup:
    """Return the message that a person has left. It names no personal login: not only operators may read it.

    `made` are the titles of the shared logins that the person made. `failed`: not everything could be ended.
    """
    lines = [language.say("left-person", who=mention(held.person), guild=plain(guild, _TITLE), user=str(held.person))]
    if ended:
        lines.append(language.say("left-ended", logins=len(held.logins)))
    elif failed:
        lines.append(language.say("left-failed"))
    elif held.logins or held.pending:
        lines.append(language.say("left-tell", logins=len(held.logins), pending=len(held.pending)))
    if made:
        lines.append(language.say("left-made", logins=plain(", ".join(made), _NAMES)))
    return LINES.join(lines)


def _fitting(language: Language, first: list[Markup], middle: list[Markup], last: list[Markup]) -> Markup:
    """Return all lines, with as many of the `middle` as fit; the others are counted."""
    for shown in range(len(middle), -1, -1):
        more = [language.say("person-more", count=len(middle) - shown)] if shown < len(middle) else []
        text = LINES.join([*first, *middle[:shown], *more, *last])
        if fits_card(text):
            return text
    return LINES.join([*first, *last])
