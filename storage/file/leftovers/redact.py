"""Overwrites known secrets in bytes that may be JSON, complete or cut off; every other byte stays unchanged."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from openab_auth.storage.entries import Entry, Json
from openab_auth.storage.format import shapes

_FILLER: Final = b"*"  # one for each byte; valid inside a JSON string
_LEAST: Final = 8  # bytes; a shorter secret could be an ordinary word
_NAMES: Final = re.compile(r"(?i)(token|secret|key|password|assertion)$")
_ESCAPE: Final = re.compile(
    rb'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt]|(?:u[0-9a-fA-F]{0,3})?\Z)'
)


def secrets_of(entry: Entry) -> frozenset[str]:
    """Return the tokens of a login, and the values of unknown fields whose name suggests a secret."""
    return frozenset(_named(shapes.to_json(entry)))


def redacted(data: bytes, secrets: Iterable[str]) -> bytes:
    """Return `data` with all secrets overwritten, in any JSON spelling, and also the start of a cut-off secret."""
    wanted = [secret.encode() for secret in secrets if len(secret.encode()) >= _LEAST]
    result = bytearray(data)
    for start, end in _as_json(data, wanted):
        result[start:end] = _FILLER * (end - start)
    for start, end in _places(data.rstrip(b"\0"), wanted):  # text that is not JSON has no escapes
        result[start:end] = _FILLER * (end - start)
    return bytes(result)


def _named(value: Json, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from _named(member, inner)
    elif isinstance(value, list):
        for member in value:
            yield from _named(member, name)
    elif isinstance(value, str) and _NAMES.search(name):
        yield value


def _as_json(data: bytes, wanted: list[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where the secrets are in `data`, after decoding the escapes of JSON."""
    torn = data.rstrip(b"\0")  # after a crash a file may end with zeros
    text = bytearray()
    ends, there = [0], [0]  # positions after each escape, in the decoded text and in the data
    for escape in _ESCAPE.finditer(torn):
        text += torn[there[-1] : escape.start()] + _read(escape[0])
        ends.append(len(text))
        there.append(escape.end())
    text += torn[there[-1] :]

    def place(at: int) -> int:
        before = bisect_right(ends, at) - 1
        return there[before] + at - ends[before]

    for start, end in _places(bytes(text), wanted):
        yield place(start), place(end)


def _read(escape: bytes) -> bytes:
    try:
        return str(json.loads(b'"%s"' % escape)).encode("utf-8", "surrogatepass")
    except ValueError:
        return b""  # the escape is cut off


def _places(text: bytes, wanted: list[bytes]) -> Iterator[tuple[int, int]]:
    for secret in wanted:
        at = text.find(secret)
        while at >= 0:
            yield at, at + len(secret)
            at = text.find(secret, at + len(secret))
        begun = text.find(secret[:_LEAST], max(0, len(text) - len(secret) + 1))
        while begun >= 0:
            if secret.startswith(text[begun:]):
                yield begun, len(text)
                break
            begun = text.find(secret[:_LEAST], begun + 1)
