"""A vendor's own words, made fit to be shown: bounded, printable, and without any token, code or verifier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from storage.secret import Secret

_LONGEST: Final = 200
_HIDDEN: Final = "[redacted]"
_NAME: Final = re.compile(r"(?!(?:sk|pk|gh[a-z]|xai|ya29)[_.-])[\w.:@-]{1,64}", re.ASCII)
_OPAQUE: Final = re.compile(
    r"(?=[\w.~+/=-]*\d)[\w.~+/=-]{24,}"
)  # long, with a digit, without a space: a token, not a word


def shown(text: str, secrets: Iterable[Secret] = (), *, longest: int = _LONGEST) -> str:
    """`text` on one line of at most `longest` characters, with `secrets` and whatever looks like one taken out."""
    text = text[: 16 * _LONGEST]
    for secret in secrets:
        if value := secret.reveal():
            text = text.replace(value, _HIDDEN).replace(quote(value, safe=""), _HIDDEN)
    text = _OPAQUE.sub(_HIDDEN, label(text, longest=16 * _LONGEST))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def name(word: str) -> str:
    """A word that should name a vendor or a tenant, unless somebody may have pasted something else in its place."""
    return word if _NAME.fullmatch(word) and not _OPAQUE.search(word) else _HIDDEN


def label(text: str, *, longest: int = 100) -> str:
    """`text` on one line of printable characters, as an account's label is shown."""
    line = " ".join(text.split())
    return "".join(character for character in line if character.isprintable())[:longest]
