"""Make a vendor's words safe to show: short, printable, and without tokens, codes and verifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Final
from urllib.parse import quote

from openab_auth.oauth.errors.visible import visible_text
from openab_auth.storage.secret import Secret

_LONGEST: Final = 200
_PIECE: Final = 8  # characters; a piece of a secret is hidden if it is at least this long
_HIDDEN: Final = "[redacted]"
_NAME: Final = re.compile(r"(?!(?:sk|pk|gh[a-z]|xai(?!-oauth\b)|ya29)[_.-])[\w.:@-]{1,64}", re.ASCII)
_LONG: Final = re.compile(r"[\w.~+/=-]{24,}")
_DIGIT: Final = re.compile(r"\d")


def redact(text: str, secrets: Iterable[Secret] = (), *, longest: int = _LONGEST) -> str:
    """Return `text` on one line of at most `longest` characters, without `secrets` and what looks like a secret."""
    line = one_line(remove_secrets(text[: 16 * _LONGEST], secrets), longest=16 * _LONGEST)
    text = _LONG.sub(lambda found: _HIDDEN if _is_opaque(found[0]) else found[0], line)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def safe_name(word: str) -> str:
    """Return a vendor's or tenant's name, or a placeholder for a word that may be a pasted secret."""
    return word if _NAME.fullmatch(word) and not any(map(_is_opaque, _LONG.findall(word))) else _HIDDEN


def remove_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """Return `text` without `secrets` and without their longer pieces."""
    values = {form for secret in secrets for form in (secret.reveal(), quote(secret.reveal(), safe="")) if form}
    hidden = bytearray(len(text))
    for value in values:  # read each once, piece by piece: a server may choose a secret that is slow to search
        size = min(_PIECE, len(value))
        pieces = {text[at : at + size] for at in range(len(text) - size + 1)}
        shared = pieces.intersection(value[at : at + size] for at in range(len(value) - size + 1))
        for at in range(len(text) - size + 1) if shared else ():
            if text[at : at + size] in shared:
                hidden[at : at + size] = b"\1" * size
    runs = groupby(zip(text, hidden, strict=True), key=itemgetter(1))
    return "".join(_HIDDEN if secret else "".join(c for c, _ in run) for secret, run in runs)


def join_words(words: Iterable[str], *, longest: int = 400) -> str:
    """Return the words on one line of at most `longest` printable characters."""
    line = one_line(" ".join(words), longest=longest + 1)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def one_line(text: str, *, longest: int = 100) -> str:
    """Return `text` on one line of printable characters, as views show an account's label."""
    return visible_text(text)[:longest]


def _is_opaque(run: str) -> bool:
    """Return whether a long run without spaces has a digit: then it is a token, not a word."""
    return _DIGIT.search(run) is not None
