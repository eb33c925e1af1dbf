"""Make a vendor's words safe to show: short, printable, and without tokens, codes and verifiers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from itertools import chain, groupby
from operator import itemgetter
from typing import Final
from urllib.parse import quote

from openab_auth.oauth.errors.visible import visible_text
from openab_auth.storage.secret import Secret

_LONGEST: Final = 200
_PIECE: Final = 8  # bytes; a piece of a secret is hidden if it is at least this long
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
    data = text.encode(errors="replace")
    forms = {form for secret in secrets for form in (secret.reveal(), quote(secret.reveal(), safe="")) if form}
    hidden = bytearray(len(data))
    for value in (form.encode(errors="replace") for form in forms):
        size = min(_PIECE, len(value))
        for at in _shared_places(data, value):
            hidden[at : at + size] = b"\1" * size
    runs = groupby(zip(data, hidden, strict=True), key=itemgetter(1))
    shown = (_HIDDEN.encode() if secret else bytes(byte for byte, _ in run) for secret, run in runs)
    return b"".join(shown).decode(errors="ignore")  # a hidden piece may have ended within a character


def _shared_places(data: bytes, value: bytes) -> list[int]:
    """Return where a piece of `value` begins in `data`, or all of a shorter `value`.

    Each is read once, eight bytes as one number: a server may choose a secret that is slow to search for.
    """
    if len(value) < _PIECE:
        return [at for at in range(len(data)) if data.startswith(value, at)]
    shared = set(_numbers(data)).intersection(_numbers(value))
    return [at for at in range(len(data) - _PIECE + 1) if _number(data[at : at + _PIECE]) in shared] if shared else []


def _numbers(data: bytes) -> Iterable[int]:
    """Return each piece of eight bytes as a number."""
    view = memoryview(data)
    wholes = (view[at : at + (len(data) - at) // _PIECE * _PIECE].cast("Q") for at in range(min(_PIECE, len(data))))
    return chain.from_iterable(wholes)


def _number(piece: bytes) -> int:
    return int.from_bytes(piece, sys.byteorder)


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
