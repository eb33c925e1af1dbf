"""Read the API key that a person pastes, whatever they copied around it: quotes, a code fence, an assignment, a header.

No error and no repr contains the paste. A key in doubt is refused, because a vendor that is asked about it learns it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.paste import clipboard
from openab_auth.oauth.paste.mistakes import PasteMistake, paste_refusal
from openab_auth.storage.secret import Secret

_LONGEST: Final = 4096  # characters; every commit rewrites the file
_AROUND: Final = "\"'`*<>()[]{},;"
_KEY: Final = re.compile(r"[A-Za-z0-9._~+/:|-]{8,}={0,2}")  # RFC 6750 2.1, and the separators of keys in two parts
_SAYS_KEY: Final = re.compile(r"key|token|secret|authorization", re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(r"(export |setx? |declare -x |\$env:)? ?([A-Za-z_]\w{0,63}) ?= ?(\S{8,})")
_LABELLED: Final = re.compile(r"[\"'`*]*([A-Za-z][\w -]{0,40}?)[\"'`*]* ?:[\"'`*]* (?:Bearer )?(\S+)", re.IGNORECASE)
_BEARER: Final = re.compile(r"Bearer (\S+)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"://|(?:^| )(?:localhost|[\w-]+(?:\.[a-z][\w-]*)+)(?::\d+)?/", re.IGNORECASE)
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class PastedKey:
    """Hold a key, and the environment variable in which the person had it, if the paste names one."""

    key: Secret
    variable: str | None = field(default=None, repr=False)


def read_key(text: str) -> PastedKey:
    """Return the only API key in a text.

    Raises:
        PasteRefusedError: the text is an address, no key, or more than one key; the error does not contain it.
    """
    if len(text) > 2 * _LONGEST or clipboard.has_control_characters(text):
        raise paste_refusal(PasteMistake.NOT_A_KEY)
    line = " ".join(clipboard.clean(text).split()).strip(_AROUND + " ")
    if _ADDRESS.search(line):
        raise paste_refusal(PasteMistake.ADDRESS_NOT_KEY)
    variable, value = _without_name(line)
    value = value.strip(_AROUND).rstrip(".")
    if len(value) > _LONGEST or not _KEY.fullmatch(value) or _is_words(value):
        raise paste_refusal(PasteMistake.NOT_A_KEY)
    return PastedKey(Secret(value), variable)


def is_key(text: str) -> bool:
    """Return whether a text is nothing but an API key, as far as its looks tell."""
    try:
        read_key(text)
    except PasteRefusedError:
        return False
    return True


def _without_name(line: str) -> tuple[str | None, str]:
    """Return the variable that is named before a key, and the value; an `=` or `:` can also belong to the key."""
    if (match := _ASSIGNMENT.fullmatch(line)) and (match[1] or _SAYS_KEY.search(match[2])):
        return match[2], match[3]
    if (match := _LABELLED.fullmatch(line)) and _SAYS_KEY.search(match[1]):
        return None, match[2]
    if match := _BEARER.fullmatch(line):
        return None, match[1]
    return None, line


def _is_words(value: str) -> bool:
    """Return whether the text consists of words, as a placeholder or chat does: no digit, and no odd capitals."""
    pieces = re.split(r"[^A-Za-z]+", value)
    return not any(c.isdigit() for c in value) and all(not piece or _WORDS.fullmatch(piece) for piece in pieces)
