"""Collect the error codes and sentences of a refusal, wherever in the reply the server puts them.

RFC 6749 5.2 has `error` and `error_description` of a JSON object. Servers also nest them, send lists, or answer with a
form, XML or one line of text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl

import httpx2

from openab_auth.storage.entries import Json

_DEEPEST: Final = 6
_MOST: Final = 200  # texts of one reply
_MOST_VALUES: Final = 2000  # of one reply, texts and others, that are looked at
LONGEST_TEXT: Final = 1000  # characters of one text
_LONGEST_NAME: Final = 100  # characters of a member's name
_LARGEST: Final = 8000  # bytes of a reply that is no JSON object
_LONGEST_LINE: Final = 300  # characters of a reply that is plain text
_ELEMENT: Final = re.compile(r"<(?:\w+:)?(\w{1,40})(?:\s[^<>]*)?>([^<>]+)</")
_BORDER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def texts_of(body: object) -> list[tuple[str, str]]:
    """Return the texts in a reply with the name of their member, in snake case; an item of a list has the list's."""
    values = islice(_walk("", body, _DEEPEST), _MOST_VALUES)
    texts = ((name, value[:LONGEST_TEXT]) for name, value in values if isinstance(value, str))
    return [*islice(texts, _MOST)]


def refusal_without_object(reply: httpx2.Response) -> dict[str, Json]:
    """Return what a reply says that is no JSON object, as an object; empty for a page, which is nobody's refusal."""
    text = reply.content.decode("utf-8-sig", "replace").strip() if len(reply.content) <= _LARGEST else ""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not text or "html" in kind:
        return {}
    with suppress(ValueError, RecursionError):
        return {"errors": json.loads(text)}
    if kind.endswith("xml") and "<html" not in text.lower():
        return {snake_case(name): value.strip() for name, value in _ELEMENT.findall(text) if value.strip()}
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text))
    is_line = len(text) <= _LONGEST_LINE and text.isprintable() and "\ufffd" not in text and text[0] not in "<{["
    if not is_line:
        return {}
    return {"message" if " " in text else "error": text}  # "Login required" is a proxy's sentence, and no code


def snake_case(text: str) -> str:
    """Return a name or a code as RFC 6749 would spell it: `InvalidGrant` becomes `invalid_grant`."""
    return re.sub(r"[\s-]+", "_", _BORDER.sub("_", text.strip())).lower()


def _walk(name: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    """Yield every value, so that the caller can limit their number."""
    yield name, value
    if isinstance(value, str):
        if depth and value[:1] == "{":  # a gateway that quotes the reply of the server behind it
            with suppress(ValueError, RecursionError):
                yield from _walk(name, json.loads(value[:LONGEST_TEXT]), depth - 1)
    elif depth and isinstance(value, Mapping):
        for inner, item in value.items():
            yield from _walk(snake_case(str(inner)[:_LONGEST_NAME]), item, depth - 1)
    elif depth and isinstance(value, list):
        for item in value:
            yield from _walk(name, item, depth - 1)
