"""Ask a running bot or broker whether it is ready."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from openab_auth.oauth.config import IpAddress

_DEADLINE: Final = 5.0  # seconds for everything
_MOST: Final = 65_536  # bytes
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a process that listens everywhere is asked
_OK: Final = re.compile(rb"HTTP/1\.[01] 200\b")
_REQUEST: Final = b"GET /readyz HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"


class Answer(NamedTuple):
    """Hold whether a process is ready, and the state of its checks as JSON objects."""

    ready: bool
    checks: tuple[dict[str, object], ...]


async def ask(place: IpAddress | Path) -> Answer:
    """Return the answer of the process that listens on an address or a Unix socket; no answer is a failed check."""
    shown = f"unix:{place}" if isinstance(place, Path) else f"http://{place}"
    try:
        async with asyncio.timeout(_DEADLINE):
            found = _read(await _exchange(place))
    except (OSError, TimeoutError):
        return _no_answer(f"nothing answers at {shown}")
    return found or _no_answer(f"the program at {shown} is no bot or broker of this version")


def _no_answer(message: str) -> Answer:
    hint = "start the process, or correct its `health` in the config"
    return Answer(ready=False, checks=({"name": "answer", "ok": False, "message": message, "hint": hint},))


async def _exchange(place: IpAddress | Path) -> bytes:
    if isinstance(place, Path):
        reader, writer = await asyncio.open_unix_connection(place)
    else:
        reader, writer = await asyncio.open_connection(_ANYWHERE.get(place.host, place.host), place.port)
    try:
        writer.write(_REQUEST)
        reply = b""
        while len(reply) < _MOST and (part := await reader.read(_MOST)):
            reply += part
        return reply
    finally:
        writer.close()


def _read(reply: bytes) -> Answer | None:
    """Return the answer in an HTTP reply; None if it is none of ours. The broker names its failure as a problem.

    The status, the word `ready` and the checks have to agree.
    """
    head, _, body = reply.partition(b"\r\n\r\n")
    is_well = _OK.match(head) is not None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    ready, checks = found.get("ready"), found.get("checks")
    if isinstance(ready, bool) and isinstance(checks, list) and all(isinstance(check, dict) for check in checks):
        are_ok = bool(checks) and all(check.get("ok") is True for check in checks)
        if ready and not (is_well and are_ok):
            return None
        return Answer(ready, tuple(checks))
    if isinstance(found.get("detail"), str):
        failed = {"name": "store", "ok": False, "message": found["detail"], "hint": found.get("hint")}
        return Answer(ready=False, checks=(failed,))
    return None
