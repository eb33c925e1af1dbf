"""Describes an error in a person's language: what happened, what was kept, what to do next.

The name of the message is the error's `code`, with its `reason` if one code covers several mistakes. The error's fields
are the values of the message. An error without a message is shown in its own English.
"""

from __future__ import annotations

from typing import Final

from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.markup import Markup, plain
from openab_auth.cogs.auth.text.technical import in_peoples_words
from openab_auth.storage.errors import OpenabAuthError

_MOST_NAMES: Final = 10  # of a list, for example the offered vendors
_FIELD: Final = 200  # UTF-16 units
_FROM_ELSEWHERE: Final = frozenset({"reason", "said"})  # fields with the words of a vendor, a program or the system


def failure(language: Language, error: OpenabAuthError) -> Markup:
    """Return what happened, what was kept and what to do next, as one message."""
    happened, kept, todo = described(language, error)
    return language.say("failure", happened=happened, kept=kept, next=todo)


def described(language: Language, error: OpenabAuthError) -> tuple[Markup, Markup, Markup]:
    """Return what happened, what was kept and what to do next, as whole sentences."""
    for message in (f"error-{error.code}-{getattr(error, 'reason', '')}", f"error-{error.code}"):
        if language.has(message):
            values = {name: _shown(language, _people_read(name, value)) for name, value in vars(error).items()}
            happened, kept, todo = (language.say(f"{message}{part}", **values) for part in ("", ".kept", ".next"))
            return happened, kept, todo
    return _sentence(error.happened), _sentence(error.kept), _sentence(error.todo)


def _people_read(name: str, value: object) -> object:
    return in_peoples_words(value) if name in _FROM_ELSEWHERE and isinstance(value, str) else value


def _shown(language: Language, value: object) -> str:
    """Return an error's field as text. Messages select by `yes`, `no` and `none`."""
    match value:
        case OpenabAuthError():
            return described(language, value)[0]
        case bool():
            return "yes" if value else "no"
        case None | () | "":
            return "none"
        case float():
            return str(max(1, round(value)))
        case tuple():
            return plain(", ".join(str(name) for name in value[:_MOST_NAMES]), _FIELD)
        case _:
            return plain(value if isinstance(value, str) else str(value), _FIELD)


def _sentence(text: str) -> Markup:
    return Markup(f"{plain(text[:1].upper() + text[1:], 2 * _FIELD)}.")
