"""A vendor's own words, made fit to be shown: bounded, printable, and without any token, code or verifier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Final
from urllib.parse import quote

from openab_auth.oauth.errors.visible import visible
from openab_auth.storage.secret import Secret

_LONGEST: Final = 200
_PIECE: Final = 8  # characters; of a secret that is echoed in pieces, any piece this long is hidden
_HIDDEN: Final = "[redacted]"
_NAME: Final = re.compile(r"(?!(?:sk|pk|gh[a-z]|xai|ya29)[_.-])[\w.:@-]{1,64}", re.ASCII)
_LONG: Final = re.compile(r"[\w.~+/=-]{24,}")
_DIGIT: Final = re.compile(r"\d")


def shown(text: str, secrets: Iterable[Secret] = (), *, longest: int = _LONGEST) -> str:
    """`text` on one line of at most `longest` characters, with `secrets` and whatever looks like one taken out."""
    line = label(without(text[: 16 * _LONGEST], secrets), longest=16 * _LONGEST)
    text = _LONG.sub(lambda found: _HIDDEN if _is_opaque(found[0]) else found[0], line)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def name(word: str) -> str:
    """A word that should name a vendor or a tenant, unless somebody may have pasted something else in its place."""
    return word if _NAME.fullmatch(word) and not any(map(_is_opaque, _LONG.findall(word))) else _HIDDEN


def without(text: str, secrets: Iterable[Secret]) -> str:
    """`text` with each of `secrets` taken out, and each piece of one that is long enough to be told from a word."""
    values = {form for secret in secrets for form in (secret.reveal(), quote(secret.reveal(), safe="")) if form}
    hidden = bytearray(len(text))
    for value in values:  # each is read once, piece by piece: a server may choose one that is slow to search
        size = min(_PIECE, len(value))
        pieces = {text[at : at + size] for at in range(len(text) - size + 1)}
        shared = pieces.intersection(value[at : at + size] for at in range(len(value) - size + 1))
        for at in range(len(text) - size + 1) if shared else ():
            if text[at : at + size] in shared:
                hidden[at : at + size] = b"\1" * size
    runs = groupby(zip(text, hidden, strict=True), key=itemgetter(1))
    return "".join(_HIDDEN if secret else "".join(c for c, _ in run) for secret, run in runs)


def listed(words: Iterable[str], *, longest: int = 400) -> str:
    """The words on one line of at most `longest` printable characters."""
    line = label(" ".join(words), longest=longest + 1)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def label(text: str, *, longest: int = 100) -> str:
    """`text` on one line of printable characters, as an account's label is shown."""
    return visible(text)[:longest]


def _is_opaque(run: str) -> bool:
    """Whether a long run without a space has a digit: then it is a token, not a word."""
    return _DIGIT.search(run) is not None
