"""Read the output of a login program: its plain lines, the link to open, the code to type."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import Final

from openab_auth.oauth.http import why_unsafe

_LONGEST: Final = 64 * 1024  # characters kept; a program that prints more repeats itself
_LONGEST_ESCAPE: Final = 8 * 1024  # characters; each piece of output is searched together with an unfinished sequence
_HYPERLINK: Final = re.compile(r"\x1b\]8;[^;\x07\x1b]*;([^\x07\x1b]*)(?:\x07|\x1b\\)")  # OSC 8 hides an address
_ESCAPES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor
    r"|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS, PM, APC, SOS: titles and the like
    r"|\x1b[ -/]*[0-~]"  # the short ones
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_UNFINISHED: Final = re.compile(r"(?:\x1b\[[0-?]*[ -/]*|\x1b[\]P^_X][^\x07\x1b]*\x1b?|\x1b[ -/]*|\x9b[0-?]*)\Z")
_LINK: Final = re.compile(r"https?://(?:(?!https?://)[^\s<>\"'`|\\^{}\x00-\x20])+")
_TRAILING: Final = ".,;:!?)]*…"
_LOGIN_WORDS: Final = ("activate", "auth", "code=", "device", "login", "signin", "sso")
_DOCUMENT_WORDS: Final = ("/docs", "/help", "/legal", "/terms", "/tos", "privacy")
_CODE: Final = re.compile(r"(?<![\w/=&-])(?=[A-Z0-9-]*[A-Z])([A-Z0-9]{3,6}(?:-[A-Z0-9]{3,6}){1,2})(?![\w-])")
_NAMED_CODE: Final = re.compile(r"\b(?i:code)\b[^\n:]{0,40}:\s*([A-Z0-9]{4,12}(?:-[A-Z0-9]{3,8})?)(?!\S)")


@dataclass(frozen=True, slots=True)
class ProgramPrompt:
    """The link and the code for the person; None while the program has not printed it."""

    link: str | None = None
    code: str | None = None


class Output:
    """The text that one program has printed so far."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._text = ""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; an escape sequence may be cut anywhere."""
        raw = self._rest + self._decode(piece)
        cut = _UNFINISHED.search(raw)
        self._rest = raw[cut.start() :] if cut and len(raw) - cut.start() < _LONGEST_ESCAPE else ""
        self._text = (self._text + plain(raw[: cut.start()] if cut else raw))[-_LONGEST:]

    @property
    def lines(self) -> list[str]:
        """Return the lines that are not empty."""
        return [line for line in (each.strip() for each in self._text.splitlines()) if line]

    def last_lines(self, count: int) -> str:
        """Return the last lines as one text, without their links: a link is long, and it is shown already."""
        return " / ".join(_LINK.sub("(link)", line) for line in self.lines[-count:])

    @property
    def found(self) -> ProgramPrompt:
        """Return the link and the code, if the program has printed them."""
        return ProgramPrompt(find_link(self._text), find_code(self._text))


def plain(text: str) -> str:
    """Return the text without terminal sequences; the address of a hyperlink replaces its sequence."""
    text = _HYPERLINK.sub(lambda match: f" {match[1]} " if match[1] else " ", text)
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in text if each in "\n\t" or each.isprintable())


def find_link(text: str) -> str | None:
    """Return the link to open: preferably a link that looks like a login, and the vendor's before a local one.

    A link to a document, such as the terms below a menu, is never the link to open.
    """
    links = [match.rstrip(_TRAILING) for match in _LINK.findall(text)]  # also of links without a space between them
    safe = [link for link in links if why_unsafe(link.partition("#")[0]) is None and not _is_document(link)]
    return min(safe, key=_unlikely, default=None)


def _unlikely(link: str) -> tuple[bool, bool]:
    return link.lower().startswith("http:"), not _has_word(link, _LOGIN_WORDS)


def _is_document(link: str) -> bool:
    return _has_word(link, _DOCUMENT_WORDS) and not _has_word(link, _LOGIN_WORDS)


def _has_word(link: str, words: tuple[str, ...]) -> bool:
    return any(word in link.lower() for word in words)


def find_code(text: str) -> str | None:
    """Return the code to type at the link; a code inside a link does not count."""
    outside = _LINK.sub(" ", text)
    match = _NAMED_CODE.search(outside) or _CODE.search(outside)
    return match[1] if match else None
