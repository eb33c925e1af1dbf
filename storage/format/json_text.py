"""Parse the file's text into plain values: JSON as serde_json reads it, and the fields of a token entry.

`codec` makes entries of these values. The command `openab-auth token` uses this module directly, and must answer in
about the time that Python needs to start. So this module imports only json; even `typing` would take too long.
"""

import json

LARGEST_U64 = 2**64 - 1
TOKEN_FIELDS = ("access_token", "refresh_token", "expires_at", "token_endpoint", "provider")
DEEPEST = 127  # serde_json refuses the 128th level
_LARGEST = 10**308  # about the largest f64; serde_json refuses larger numbers
_MOST_DIGITS = len(str(_LARGEST))
_FEW = 1000

LONE_SURROGATE = "it holds half of a surrogate pair"
TOO_DEEP = f"it is nested deeper than {DEEPEST} levels"
NO_NUMBER = "it holds a number that JSON does not have"


class RefusedError(ValueError):
    """json accepts this text, but serde_json refuses it."""


class RepeatedFields(dict[str, object]):
    """An object that has a field twice: the last value counts, but serde refuses the object if it knows the field."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = {name for name in names if names.count(name) > 1} if len(names) < _FEW else set(names)


def parse(text: str) -> object:
    """Return the value of a whole text.

    Raises:
        ValueError, RecursionError: serde_json refuses the text.
    """
    value: object = DECODER.decode(text)
    check_text(text, value)
    return value


def check_text(text: str, value: object) -> None:
    """Refuse text that json accepts and serde_json does not: lone surrogates and too many levels.

    Raises:
        RefusedError: the text holds either of them.
    """
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise RefusedError(LONE_SURROGATE) from None
    if text.find("{", text.find("{") + 1) < 0 and "[" not in text:
        return  # most logins have no nested value
    level: list[object] = [value]
    depth = 0
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        if depth > DEEPEST:
            raise RefusedError(TOO_DEEP)
        level = [below for item in level for below in (item.values() if isinstance(item, dict) else item)]


def names_twice(value: dict[str, object], fields: tuple[str, ...]) -> bool:
    """Return whether the text names one of these fields twice."""
    return isinstance(value, RepeatedFields) and not value.repeated.isdisjoint(fields)


def is_u64(value: object) -> bool:
    """Return whether the value is an integer that fits into an unsigned integer of 64 bits."""
    return type(value) is int and 0 <= value <= LARGEST_U64


def is_token(value: object) -> bool:
    """Return whether the value has the shape of a token entry, which serde tries first."""
    if not isinstance(value, dict):
        return False
    try:
        access, refresh, expires_at = value["access_token"], value["refresh_token"], value["expires_at"]
        endpoint, provider = value["token_endpoint"], value["provider"]
    except KeyError:
        return False
    strings = type(access) is type(refresh) is type(endpoint) is type(provider) is str
    return strings and is_u64(expires_at) and not names_twice(value, TOKEN_FIELDS)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedFields(pairs)


def _float(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise RefusedError(NO_NUMBER)
    return number


def _int(digits: str) -> int | float:
    if digits == "-0":
        return -0.0  # serde_json reads a float, which is no unsigned integer
    if len(digits) > _MOST_DIGITS or abs(number := int(digits)) > _LARGEST:
        raise RefusedError(NO_NUMBER)
    return number


def _constant(_name: str) -> None:
    raise RefusedError(NO_NUMBER)


DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_float, parse_int=_int, parse_constant=_constant)
