"""Read the `WWW-Authenticate` header of a refused request (RFC 9110 11.6.1, RFC 6750 3, RFC 9728 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

_LONGEST: Final = 8 * 1024  # characters of one header's value; longer values are ignored
_MOST: Final = 20  # challenges of one reply
_SPACE: Final = re.compile(r"[\s,]*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_EQUALS: Final = re.compile(r"\s*=\s*")
_TOKEN68: Final = re.compile(r"\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r"[^\s,]*")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Hold one challenge; `scheme` and the names of `parameters` are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BearerChallenge:
    """Hold the combined parameters of the Bearer challenges in one reply; missing parameters are empty."""

    resource_metadata: str = ""
    scopes: tuple[str, ...] = ()
    error: str = ""


def read_bearer(headers: Iterable[str]) -> BearerChallenge | None:
    """Return the Bearer challenge in the values of the `WWW-Authenticate` headers, or None."""
    found = [challenge for challenge in read_challenges(headers) if challenge.scheme == "bearer"]
    if not found:
        return None

    def first(name: str) -> str:
        return next((value for one in found if (value := one.parameters.get(name))), "")

    return BearerChallenge(first("resource_metadata"), tuple(dict.fromkeys(first("scope").split())), first("error"))


def read_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Return every challenge in the values of the headers; skip unreadable parts.

    A header may hold several challenges, and a challenge several parameters. Commas separate both.
    """
    found = (challenge for header in headers if len(header) <= _LONGEST for challenge in _read(header))
    return tuple(islice(found, _MOST))


def _read(header: str) -> Iterator[Challenge]:
    scheme: str | None = None
    parameters: dict[str, str] = {}
    at = _end(_SPACE, header, 0)
    while at < len(header):
        token = _TOKEN.match(header, at)
        if token is None:
            at = _end(_SPACE, header, at + 1)
            continue
        equals = _EQUALS.match(header, token.end())
        if equals is None:
            if scheme is not None:
                yield Challenge(scheme, parameters)
            scheme, parameters = token[0].lower(), {}
            at = _end(_TOKEN68, header, token.end())
        else:
            value, at = _value(header, equals.end())
            parameters.setdefault(token[0].lower(), value)
        at = _end(_SPACE, header, at)
    if scheme is not None:
        yield Challenge(scheme, parameters)


def _value(header: str, at: int) -> tuple[str, int]:
    """Return a quoted or bare value and its end; an unclosed quote extends to the end of the header."""
    if quoted := _QUOTED.match(header, at):
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    if header.startswith('"', at):
        return "", len(header)
    bare = _BARE.match(header, at)
    return (bare[0], bare.end()) if bare else ("", at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return the end of the match of `pattern` at `at`, or `at` if there is no match."""
    found = pattern.match(text, at)
    return found.end() if found else at
