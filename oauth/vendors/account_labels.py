"""Read and write the label of an account: `vendor@label` names one of several accounts of a vendor or server.

The account without a label is the shared default, the only one that the Rust agents know. This module imports nothing
heavy, so that a valid token can be served without reading any table.
"""

from collections.abc import Mapping
from typing import Final, Protocol, Self, TypeVar

from openab_auth.storage.entries import UserId

SHARED: Final = "shared"  # `vendor@shared` names the default, whatever a thread has chosen
OWN: Final = "me"  # `vendor@me` names the account of the person who asks
_WORDS: Final = frozenset({SHARED, OWN, "new"})
_FIRST: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_OTHERS: Final = _FIRST | frozenset("._-")
LONGEST_LABEL: Final = 32  # characters
_LONGEST_ID: Final = 20  # digits of a Discord id


class _Row(Protocol):
    def of_account(self, label: str) -> Self: ...


Row = TypeVar("Row", bound=_Row)


def split_label(word: str) -> tuple[str, str]:
    """Return what precedes the last `@` of a name or key, and the label behind it; no label if it can be none.

    Tenants and names of servers may contain `@` themselves. So the label counts only if a known name precedes it.
    """
    base, at, label = word.rpartition("@")
    return (base, label) if at and base and is_label(label) else (word, "")


def with_label(name: str, label: str) -> str:
    """Return the name or key of an account; `label` is empty for the shared default."""
    return f"{name}@{label}" if label else name


def base_of(tenant: str) -> str:
    """Return the key of the shared default beside which the account of this key would be."""
    return split_label(tenant)[0]


def row_of_account(name: str, rows: Mapping[str, Row]) -> Row | None:
    """Return the row of a name or key; with a label behind a known one, the row of that account."""
    if (row := rows.get(name)) is not None:
        return row
    base, label = split_label(name)
    found = rows.get(base) if label else None
    return found.of_account(label) if found is not None else None


def is_label(text: str) -> bool:
    """Return whether an account can have this label: a name that people chose, or a person's own account.

    A person's own account has one spelling: `u` and other digits than those of an id, or with zeros before them, is no
    label.
    """
    if not 0 < len(text) <= LONGEST_LABEL or text in _WORDS or ".." in text:
        return False
    if text[0] == "u" and text[1:].isdigit() and ((person := person_of(text)) is None or own_label(person) != text):
        return False
    return text[0] in _FIRST and _OTHERS.issuperset(text)


def own_label(person: UserId) -> str:
    """Return the label of a person's own account."""
    return f"u{person}"


def person_of(label: str) -> UserId | None:
    """Return the person whose own account has this label; None for a name that people chose, and for the default."""
    digits = label[1:]
    own = label[:1] == "u" and digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID
    return UserId(int(digits)) if own else None


def person_in(name: str) -> UserId | None:
    """Return the person whose own account has this name or key; None for an account of everybody."""
    return person_of(split_label(name)[1])


def label_title(title: str, label: str) -> str:
    """Return the title of an account for people."""
    if not label:
        return title
    return f"{title} ({'personal' if person_of(label) is not None else label})"
