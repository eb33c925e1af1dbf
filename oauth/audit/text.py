"""The text of audit lines. A warm token imports this module, so it imports only what such a token needs anyway."""

import json
import time

LONGEST = 4096  # bytes of a line
_LONGEST_WORD = 200  # characters of a field in a line that is too long otherwise
_MINUTE = len('{"time": "2026-11-27T21:10')
_TIME = len('{"time": "2026-11-27T21:10:03.123+00:00"')
_DURATION = b', "duration_ms": '
_ALWAYS = ("user", "vendor", "account", "outcome")  # other fields are left out where they are not known


def text_of(now: float, fields: dict[str, object]) -> bytes:
    """Return a line with these fields and its line end, in ASCII, so that no name can forge a second line.

    `now` is in unix seconds. Ids are texts, because some languages would round such large numbers.
    """
    milliseconds = int(now * 1000)
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    known = {"time": f"{seconds}.{milliseconds % 1000:03d}+00:00"}
    line = {**known, **{name: value for name, value in fields.items() if value is not None or name in _ALWAYS}}
    text = json.dumps(line)
    if len(text) >= LONGEST:
        text = json.dumps({**{name: _short(value) for name, value in line.items()}, "cut": True})
    return f"{text}\n".encode("ascii")


def is_repeated(line: bytes, tail: bytes) -> bool:
    """Return whether the end of the log has this line already, from the same minute; its duration may differ."""
    wanted = _told(line)
    return any(other.startswith(line[:_MINUTE]) and _told(other) == wanted for other in tail.split(b"\n"))


def _told(line: bytes) -> bytes:
    return line.rstrip(b"\n")[_TIME:].rstrip(b"}").partition(_DURATION)[0]


def _short(value: object) -> object:
    if isinstance(value, str):
        return value[:_LONGEST_WORD]
    return len(value) if isinstance(value, list | tuple | dict) else value
