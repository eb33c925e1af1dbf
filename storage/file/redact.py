"""Takes known secrets out of bytes that may be JSON, whole or torn; every other byte stays as it is and where it is."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from openab_auth.storage.entries import Entry, Json
from openab_auth.storage.format import shapes

_FILLER: Final = b"*"  # one for each byte; in a JSON string as good as anywhere
_LEAST: Final = 8  # bytes; what is shorter is a word, and would be found where no secret is
_NAMES: Final = re.compile(r"(?i)(token|secret|key|password|assertion)$")
_ESCAPE: Final = re.compile(
    rb'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt]|(?:u[0-9a-fA-F]{0,3})?\Z)'
)


def secrets_of(entry: Entry) -> frozenset[str]:
    """The tokens of a login, and what its unknown fields hold under a name that means one."""
    return frozenset(_named(shapes.to_json(entry)))


def redacted(data: bytes, secrets: Iterable[str]) -> bytes:
    """`data` with each of `secrets` overwritten, however JSON spells it, and the beginning of one at a torn end."""
    wanted = [secret.encode() for secret in secrets if len(secret.encode()) >= _LEAST]
    result = bytearray(data)
    for start, end in _as_json(data, wanted):
        result[start:end] = _FILLER * (end - start)
    for start, end in _places(data.rstrip(b"\0"), wanted):  # a text that is no JSON escapes nothing
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
    """Where in `data` the secrets lie once its escapes are read."""
    torn = data.rstrip(b"\0")  # a crash may leave a file its length without its end
    text = bytearray()
    ends, there = [0], [0]  # after each escape: so far in the text, so far in the data
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
        return b""  # cut off in its midst


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
