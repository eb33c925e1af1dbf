"""Text to entries and back, exactly as the Rust agents read and write them.

They use serde_json into an untagged enum: Token, Pending, Mcp, the first that fits. A text that their parser refuses,
or one entry that fits none, makes them throw the whole file away: nothing of the kind is ever written here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from storage.entries import Entry, Json, McpEntry, PendingEntry, TokenEntry
from storage.errors import InvalidEntryError
from storage.secret import Secret

U64: Final = 2**64 - 1
DEEPEST: Final = 120  # serde_json refuses nesting beyond 128, the map and the entry among them
LEGACY_TENANT: Final = "codex"
_NO_OBJECT: Final = "it is not an object"


class DamagedTextError(ValueError):
    """The text is no JSON object that the agents' parser would take."""


class _NoFitError(Exception):
    """A shape does not fit; says why."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds: its entries, the keys of what fits no shape, and whether it was the single-tenant shape."""

    entries: dict[str, Entry]
    misfits: tuple[str, ...] = ()
    legacy: bool = False


def parse(text: str) -> Parsed:
    """The entries of the credential file.

    Raises:
        DamagedTextError: it is no JSON object; `salvage` may still find entries in it.
    """
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise DamagedTextError(str(error).partition(":")[0]) from None
    if not isinstance(found, dict):
        raise DamagedTextError(_NO_OBJECT)
    legacy = isinstance(found.get("access_token"), str)
    if legacy:
        found = {LEGACY_TENANT: {"provider": LEGACY_TENANT, **found}}
    return _parse_map(found, legacy=legacy)


def salvage(text: str) -> dict[str, Entry]:
    """Every whole entry of a text that is torn or glued: each `"key": {…}` that decodes and fits a shape."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    found: dict[str, Any] = {}
    at = text.find("{") + 1
    while (start := text.find('"', at)) >= 0:
        try:
            key, end = decoder.raw_decode(text, start)
            colon = len(text) - len(text[end:].lstrip())
            if text[colon : colon + 1] != ":":
                at = end
                continue
            begin = len(text) - len(text[colon + 1 :].lstrip())
            value, at = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            at = start + 1
            continue
        if isinstance(value, dict):
            found[key] = value
    return _parse_map(found, legacy=False).entries


def _parse_map(found: Mapping[str, Any], *, legacy: bool) -> Parsed:
    entries: dict[str, Entry] = {}
    misfits = []
    for key, value in found.items():
        try:
            entries[key] = parse_entry(value)
        except _NoFitError:
            misfits.append(key)
    return Parsed(entries, tuple(misfits), legacy)


def parse_entry(value: object) -> Entry:
    """The first of the three shapes that fits."""
    if not isinstance(value, dict) or not _clean(value):
        raise _NoFitError
    for shape in (_token, _pending, _mcp):
        try:
            return shape(dict(value))
        except _NoFitError:
            continue
    raise _NoFitError


def _token(fields: dict[str, Json]) -> TokenEntry:
    return TokenEntry(
        access_token=Secret(_text(fields, "access_token")),
        refresh_token=Secret(_text(fields, "refresh_token")),
        expires_at=_u64(fields, "expires_at"),
        token_endpoint=_text(fields, "token_endpoint"),
        provider=_text(fields, "provider"),
        extra=fields,
    )


def _pending(fields: dict[str, Json]) -> PendingEntry:
    return PendingEntry(
        verifier=Secret(_text(fields, "verifier")),
        state=Secret(_text(fields, "state")),
        token_url=_text(fields, "token_url"),
        provider_name=_text(fields, "provider_name"),
        resource=_optional_text(fields, "resource"),
        created_at=_u64(fields, "created_at") if "created_at" in fields else 0,
        extra=fields,
    )


def _mcp(fields: dict[str, Json]) -> McpEntry:
    scopes = fields.get("granted_scopes", [])
    response = fields.get("token_response")
    received = fields.get("token_received_at")
    issuer = fields.get("issuer")
    if (
        not isinstance(scopes, list)
        or not all(isinstance(scope, str) for scope in scopes)
        or not (response is None or isinstance(response, dict))
        or not (received is None or _is_u64(received))
        or not (issuer is None or isinstance(issuer, str))
    ):
        raise _NoFitError
    client_id = fields.get("client_id")
    if not isinstance(client_id, str):
        raise _NoFitError
    # What was absent stays absent, what was null stays null: the raw fields are kept, changed ones written over them.
    return McpEntry(
        client_id=client_id,
        token_response=response,
        granted_scopes=tuple(str(scope) for scope in scopes),
        token_received_at=received if isinstance(received, int) else None,
        issuer=issuer,
        extra=fields,
    )


def dump(entries: Mapping[str, Entry]) -> bytes:
    """The file's text for `entries`, each of which `check` has taken: pretty, two spaces, UTF-8."""
    return _encode({key: plain(entry) for key, entry in entries.items()}) + b"\n"


def plain(entry: Entry) -> dict[str, Json]:
    """One entry as JSON values, its secrets in the clear: for the file and nothing else."""
    fields: dict[str, Json]
    match entry:
        case TokenEntry():
            fields = {
                "access_token": entry.access_token.reveal(),
                "refresh_token": entry.refresh_token.reveal(),
                "expires_at": entry.expires_at,
                "token_endpoint": entry.token_endpoint,
                "provider": entry.provider,
                **entry.extra,
            }
        case PendingEntry():
            fields = {
                "verifier": entry.verifier.reveal(),
                "state": entry.state.reveal(),
                "token_url": entry.token_url,
                "provider_name": entry.provider_name,
                "resource": entry.resource,
                "created_at": entry.created_at,
                **entry.extra,
            }
        case McpEntry():
            fields = _plain_mcp(entry)
    return fields


def _plain_mcp(entry: McpEntry) -> dict[str, Json]:
    fields = dict(entry.extra)
    fields["client_id"] = entry.client_id
    values: dict[str, Json] = {
        "token_response": None if entry.token_response is None else dict(entry.token_response),
        "granted_scopes": list(entry.granted_scopes),
        "token_received_at": entry.token_received_at,
        "issuer": entry.issuer,
    }
    is_new = not entry.extra  # one that was read holds at least its `client_id` there
    for name, value in values.items():
        if value or name in fields or (is_new and name != "issuer"):
            fields[name] = value
    return fields


def check(key: str, entry: Entry) -> None:
    """Refuse an entry that the agents would not read back.

    Raises:
        InvalidEntryError: with what is wrong.
    """
    try:
        again = parse_entry(json.loads(_encode(plain(entry))))
    except (_NoFitError, TypeError, ValueError, RecursionError):
        raise InvalidEntryError(key, "a field has a wrong type or value") from None
    if type(again) is not type(entry):
        raise InvalidEntryError(key, "it would be read as another shape")


def _encode(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode()


def _clean(value: object, depth: int = 0) -> bool:
    """Whether serde_json would take it: no lone surrogates, no endless numbers, not too deep."""
    if depth > DEEPEST:
        return False
    if isinstance(value, str):
        return value.isascii() or _is_unicode(value)
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, dict):
        return all(_clean(key, depth) and _clean(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_clean(item, depth + 1) for item in value)
    return True


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(fields: dict[str, Json], name: str) -> str:
    value = fields.pop(name, None)
    if not isinstance(value, str):
        raise _NoFitError
    return value


def _optional_text(fields: dict[str, Json], name: str) -> str | None:
    value = fields.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise _NoFitError
    return value


def _u64(fields: dict[str, Json], name: str) -> int:
    value = fields.pop(name, None)
    if not isinstance(value, int) or not _is_u64(value):
        raise _NoFitError
    return value


def _is_u64(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= U64


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)
