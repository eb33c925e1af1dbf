"""Undo the changes that clipboards, chats, mail and terminals make to an address, in linear time.

No rule can tell whether `state=x` followed by `thanks` is a wrapped line or a polite person. So each address has
several readings, the most likely first, and the state of the login selects the right one.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

_TAIL_LIMIT: Final = 12  # words after an address that may still belong to it
_SHORT_WORD: Final = 3  # a last line this short is more likely the rest of a wrapped value than a word
_PAIR_SIDE: Final = 8  # the shortest code or state in code#state; `issue#12` is no pair

_NAMES: Final = (
    "code|state|error|error_description|iss|access_token|refresh_token|id_token|client_id|response_type|code_challenge"
)
_BRACKETED_PASTE: Final = re.compile(r"\x1b\[20[01]~")
_HTML: Final = {
    "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#34;": '"', "&#39;": "'", "&#x27;": "'", "&nbsp;": " ",
    "&#61;": "=", "&#x3d;": "=", "&#35;": "#", "&#x23;": "#", "&num;": "#", "\\u0026": "&", "\\u003d": "=",
}  # fmt: skip
_HTML_FORMS: Final = re.compile("|".join(map(re.escape, _HTML)), re.IGNORECASE)
_AMPERSANDS: Final = re.compile(r"&(?:amp;|#0*38;|#x0*26;)+", re.IGNORECASE)
_QUOTE_MARKS: Final = re.compile(r"^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
_FENCES: Final = re.compile(r"^[ \t]*(?:```|~~~)[\w+-]*[ \t]*$", re.MULTILINE)
_QP_EQUALS: Final = re.compile(r"=(?:3D|[ \t]*\n)")
_QP_BREAK: Final = re.compile(r"=[ \t]*\n")
_QP_SURE_BREAK: Final = re.compile(r"(?<!code)(?<!state)=[ \t]*\n")  # not a parameter that was wrapped after its name
_SOFT_BREAK: Final = re.compile(r"(?<![?&#\s])=\n(?=[^&=#\s])")
_NAME_BEFORE: Final = re.compile(rf"(?:[?&#]|\A)[\w.~-]{{1,40}}\Z|\b(?:{_NAMES})\Z")
_SEPARATE_LINES: Final = re.compile(r"(?<=[^\s?&#])(?<!session_)(?<!error_)\s+(?=(?:code|state|error|iss)=)")

_SCHEME: Final = re.compile(
    r"(?:(?<![\w.+-])(?:blob|feed|filesystem|jar):)?https?://|(?<![\w.+-])[a-z][a-z0-9+.-]{1,40}://", re.IGNORECASE
)
_HOST: Final = re.compile(
    r"(?<![\w.@=~+%-])(?<!\w/)(?:localhost|127\.0\.0\.1|\[::1\]|(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24})(?::\d{1,5})?(?=[/?])",
    re.IGNORECASE,
)
_QUERY: Final = re.compile(rf"[?#]?(?<![\w.~-])(?:{_NAMES})=")
_IN_A_VALUE: Final = re.compile(r"(?:[?&#][\w.~-]{1,40}|(?<![\w.~-])(?:iss|scope))=\s*\Z")
_PARAMETER: Final = re.compile(r"[?&#][\w.~-]{1,40}=")
_NOT_OF_AN_ADDRESS: Final = re.compile(r"[^\x20-\x7e\s]|[<>\"`{}|^]")
_WORD: Final = re.compile(r"[(\[*_~'-]*(?:[A-Z]?[a-z]+|[A-Z]+)(?:['-][a-z]+)*[\])*_~.,;:!?'-]*\Z|[^A-Za-z0-9]*\Z")
_HASH: Final = re.compile("#")
_WIDE_HASH: Final = "\uff03"  # of East Asian input methods
_SPACED_PAIR: Final = re.compile(r"(?<!\S)(\S{8,}?)(?:\s+#\s*|#\s+)(?=(\S{8,}))")
_SCHEME_OF_A_WORD: Final = re.compile(  # a label has neither a dot nor something after its colon
    r"[<(\[\"'`]*(?:[a-z][a-z0-9+.-]+:(?!/|\d+\Z)(?=.)|[a-z][a-z0-9+-]*\.[a-z0-9+.-]+:/)", re.IGNORECASE | re.DOTALL
)
_NOT_A_LABEL: Final = re.compile(  # schemes of addresses that contain a whole text, blanks too
    r"(?<![\w.+-])(?:javascript|vbscript|data|blob|about|mailto|intent|chrome|edge|file|filesystem|sms|tel|view-source):(?!\s)",
    re.IGNORECASE,
)
_PIECE: Final = re.compile(r"\S+")
_PATH: Final = frozenset(string.ascii_letters + string.digits + "/._-")
_OPENERS: Final = "<([{'\"`*~,;:"
_CLOSERS: Final = ">)]}'\"`*.,;:!?("


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """Hold one address, query or code#state: its certain part, the pieces that may follow, and the likely number."""

    head: str = field(repr=False)
    tail: tuple[str, ...] = field(default=(), repr=False)
    likely: int = 0
    emphasis: str = field(default="", repr=False)

    def readings(self) -> Iterator[str]:
        """Yield every reading, the most likely first, each without and with the punctuation at its end."""
        for count in (self.likely, *(n for n in range(len(self.tail) + 1) if n != self.likely)):
            whole = self.head + "".join(self.tail[:count])
            yield self._undressed(whole)
            yield whole

    def _undressed(self, whole: str) -> str:
        bare = whole.rstrip(_CLOSERS)
        return bare.removesuffix(self.emphasis).rstrip(_CLOSERS) if self.emphasis else bare


def clean(text: str) -> str:
    """Return the text without invisible characters and escapes: HTML, shell, JSON, mail and quote marks."""
    text = _BRACKETED_PASTE.sub("", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = "".join(_visible(c) for c in text)
    text = _FENCES.sub("", _QUOTE_MARKS.sub("", text))
    if "=" not in text and re.search(r"(?:code|state|error)%3D|\A[^#%]*%23[^#%]*\Z", text, re.IGNORECASE):
        text = unquote(text)
    text = _HTML_FORMS.sub(lambda form: _HTML[form[0].lower()], _AMPERSANDS.sub("&", text))
    text = text.replace("\\", "")  # an escape of a shell or of markdown; addresses have no backslash
    return _SEPARATE_LINES.sub("&", _without_soft_breaks(text))


def has_control_characters(text: str) -> bool:
    """Return whether the text has a control character that no clipboard adds and no address contains."""
    return any(unicodedata.category(c) == "Cc" and c not in "\t\n\r" for c in _BRACKETED_PASTE.sub("", text))


def find_addresses(text: str) -> tuple[FoundAddress, ...]:
    """Return the addresses in a cleaned text, otherwise its query, otherwise its code#state; empty if there is none."""
    may_be_pair = "#" in text and not _PARAMETER.search(text)  # then a host name may be a part of the code
    hosts = [] if may_be_pair else _starts(_HOST, text)[:1]
    starts = _starts(_SCHEME, text) or hosts or _query_start(text)
    if not starts:
        return _find_pair(text)
    ends = [*starts[1:], len(text)]
    return tuple(
        _measure(text[start:end], _emphasis_before(text, start)) for start, end in zip(starts, ends, strict=True)
    )


def _visible(c: str) -> str:
    if c.isascii():
        return c
    if unicodedata.category(c) == "Cf":  # zero-width, soft hyphen, byte order mark, direction marks
        return ""
    return " " if c.isspace() else "#" if c == _WIDE_HASH else c


def _without_soft_breaks(text: str) -> str:
    """Undo quoted-printable: everywhere if every `=` is encoded, otherwise only `=` at a line end inside a value."""
    if "=3D" in text and _QP_SURE_BREAK.search(text) and text.count("=") == len(_QP_EQUALS.findall(text)):
        return _QP_BREAK.sub("", text).replace("=3D", "=")
    return _SOFT_BREAK.sub(lambda soft: soft[0] if _ends_a_name(text, soft.start()) else "", text)


def _ends_a_name(text: str, equals: int) -> bool:
    return _NAME_BEFORE.search(text[max(0, equals - 42) : equals]) is not None


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    """Return where addresses begin; addresses that are the value of a parameter, for example `iss`, do not count."""
    found = (match.start() for match in pattern.finditer(text))
    return [start for start in found if not _IN_A_VALUE.search(text[max(0, start - 60) : start])]


def _query_start(text: str) -> list[int]:
    match = _QUERY.search(text)
    if match is None:
        return []
    start = match.start()
    if text[start] in "?#":  # a path may stand before it
        other = _other_scheme(text[:start])
        if other is not None:
            return [other]
        while start and text[start - 1] in _PATH:
            start -= 1
    return [start]


def _other_scheme(before: str) -> int | None:
    """Return where an address begins that has a scheme without `//` before its query, such as `javascript:`."""
    whole = _NOT_A_LABEL.search(before)
    if whole:
        return whole.start()
    if not before or before[-1].isspace():
        return None
    word = before.rsplit(maxsplit=1)[-1]
    return len(before) - len(word) if _SCHEME_OF_A_WORD.match(word) else None


def _emphasis_before(text: str, start: int) -> str:
    before = text[max(0, start - 3) : start]
    return before[len(before.rstrip("*_~")) :]


def _measure(segment: str, emphasis: str, sure_sign: re.Pattern[str] = _PARAMETER) -> FoundAddress:
    """Return the address at the start of `segment`: its certain part, and the pieces that may belong to it."""
    stop = _NOT_OF_AN_ADDRESS.search(segment)
    segment = segment[: stop.start()] if stop else segment
    matches = list(_PIECE.finditer(segment))
    pieces = [match[0] for match in matches]
    last = max((match.end() for match in sure_sign.finditer("".join(pieces))), default=0)
    sure, length = 1, len(pieces[0])
    while length < last or (length == last and sure < len(pieces) and pieces[sure - 1].endswith("=")):
        length += len(pieces[sure])
        sure += 1
    gaps = [segment[before.end() : after.start()] for before, after in pairwise(matches)]
    tail = pieces[sure : sure + _TAIL_LIMIT]
    likely = 0
    for index in range(sure, sure + len(tail)):
        alone = "\n" in gaps[index - 1] and (index == len(gaps) or "\n" in gaps[index])
        if pieces[index - 1].endswith(tuple(")]';!,")) or not _continues(pieces[index], alone=alone):
            break
        likely += 1
    return FoundAddress("".join(pieces[:sure]), tuple(tail), likely, emphasis)


def _continues(piece: str, *, alone: bool) -> bool:
    """Return whether a piece after a gap looks like the rest of a random value, not like a word."""
    return not _WORD.match(piece) or (alone and piece.isalnum() and len(piece) <= _SHORT_WORD)


def _wraps_into(text: str, before: re.Match[str], after: re.Match[str]) -> bool:
    """Return whether a value continues on the next line: its first line is neither a word nor a label."""
    wrapped = "\n" in text[before.end() : after.start()]
    return wrapped and not _WORD.match(before[0]) and not before[0].endswith((":", ",", ";", "!", "?"))


def _find_pair(text: str) -> tuple[FoundAddress, ...]:
    """Return the `code#state` in the text, as vendors' own pages show it."""
    plain = _SPACED_PAIR.sub(_without_blanks, _NOT_OF_AN_ADDRESS.sub(" ", text).replace("](", "  "))
    matches = list(_PIECE.finditer(plain))
    middle = next((i for i, match in enumerate(matches) if "#" in match[0].strip("#")), None)
    if middle is None:
        return ()
    first = middle
    while first and _wraps_into(plain, matches[first - 1], matches[first]):
        first -= 1
    begin = matches[first].start()
    segment = plain[begin:].lstrip(_OPENERS).rstrip("#" + string.whitespace)
    found = _measure(segment, _emphasis_before(plain, begin), _HASH)
    code, _, state = next(found.readings()).partition("#")
    return (found,) if min(len(code), len(state)) >= _PAIR_SIDE else ()


def _without_blanks(pair: re.Match[str]) -> str:
    """Return code and `#` without the blanks around the `#`, but words as they are."""
    words = _WORD.match(pair[1]) or _WORD.match(pair[2])
    return pair[0] if words else f"{pair[1]}#"
