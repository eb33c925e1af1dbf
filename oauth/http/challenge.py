"""What a server asks for when it refuses a request: `WWW-Authenticate` (RFC 9110 11.6.1, RFC 6750 3, RFC 9728 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

_LONGEST: Final = 8 * 1024  # characters of one header's value; a longer one says nothing
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
    """One challenge; `scheme` and the names of `parameters` are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BearerChallenge:
    """What the Bearer challenges of one reply say together; what they do not say is empty."""

    resource_metadata: str = ""
    scopes: tuple[str, ...] = ()
    error: str = ""


def read_bearer(headers: Iterable[str]) -> BearerChallenge | None:
    """The Bearer challenge in the values of the `WWW-Authenticate` headers, or None when there is none."""
    found = [challenge for challenge in read_challenges(headers) if challenge.scheme == "bearer"]
    if not found:
        return None

    def first(name: str) -> str:
        return next((value for one in found if (value := one.parameters.get(name))), "")

    return BearerChallenge(first("resource_metadata"), tuple(dict.fromkeys(first("scope").split())), first("error"))


def read_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Every challenge in the headers' values; what cannot be read is passed over.

    A header may hold several challenges, and one challenge several parameters, with commas between either.
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
    """A quoted or a bare value, and where it ends; a quote that is never closed goes to the end."""
    if quoted := _QUOTED.match(header, at):
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    if header.startswith('"', at):
        return "", len(header)
    bare = _BARE.match(header, at)
    return (bare[0], bare.end()) if bare else ("", at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where `pattern` ends that begins at `at`; `at` itself when it does not."""
    found = pattern.match(text, at)
    return found.end() if found else at
