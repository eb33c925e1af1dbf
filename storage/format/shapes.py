"""Turns a JSON object into one of the three shapes and back, as the untagged enum of serde does.

Unknown fields go to `extra`. So does an optional field that is written out with its default (null, 0, an empty list),
so that the entry is written back unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard

from openab_auth.storage.entries import Entry, Json, McpEntry, PendingEntry, TokenEntry
from openab_auth.storage.secret import Secret

_LARGEST_U64: Final = 2**64 - 1
_TOKEN: Final = ("access_token", "refresh_token", "expires_at", "token_endpoint", "provider")
_PENDING: Final = ("verifier", "state", "token_url", "provider_name", "resource", "created_at")
_MCP: Final = ("client_id", "token_response", "granted_scopes", "token_received_at", "issuer")


class NoShapeError(ValueError):
    """The value fits none of the three shapes; `reason` contains names of fields, never values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RepeatedFields(dict[str, Any]):
    """An object that has a field twice: the last value counts, but serde refuses the object if it knows the field."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = {name for name in names if names.count(name) > 1} if len(names) < _FEW else set(names)


_FEW: Final = 1000


def from_json(value: object) -> Entry:
    """Return the entry in a JSON value; try the shapes in this order: token, pending login, MCP login.

    Raises:
        NoShapeError: the value fits none of the three shapes.
    """
    if not isinstance(value, dict):
        raise NoShapeError(_NO_OBJECT)
    return _token(value) or _pending(value) or _mcp(value) or _none_fits(value)


def to_json(entry: Entry) -> dict[str, Json]:
    """Return the JSON object of an entry."""
    if isinstance(entry, TokenEntry):
        known: dict[str, Json] = {
            "access_token": entry.access_token.reveal(),
            "refresh_token": entry.refresh_token.reveal(),
            "expires_at": entry.expires_at,
            "token_endpoint": entry.token_endpoint,
            "provider": entry.provider,
        }
        for name, value in entry.extra.items():
            known.setdefault(name, value)
        return known
    if isinstance(entry, PendingEntry):
        required: dict[str, Json] = {
            "verifier": entry.verifier.reveal(),
            "state": entry.state.reveal(),
            "token_url": entry.token_url,
            "provider_name": entry.provider_name,
        }
        return _with_optional(required, {"resource": entry.resource, "created_at": entry.created_at}, entry.extra)
    optional: dict[str, Json] = {
        "token_response": None if entry.token_response is None else dict(entry.token_response),
        "granted_scopes": list(entry.granted_scopes),
        "token_received_at": entry.token_received_at,
        "issuer": entry.issuer,
    }
    return _with_optional({"client_id": entry.client_id}, optional, entry.extra)


def _with_optional(
    required: dict[str, Json], optional: Mapping[str, Json], extra: Mapping[str, Json]
) -> dict[str, Json]:
    """Return the required fields, the optional fields that are set or were written out before, and the unknown ones."""
    written = {name: value for name, value in optional.items() if not _is_default(value) or name in extra}
    unknown = {name: value for name, value in extra.items() if name not in required and name not in optional}
    return {**required, **written, **unknown}


def _is_default(value: Json) -> bool:
    return value is None or value == [] or (value == 0 and isinstance(value, int) and not isinstance(value, bool))


def _token(value: dict[str, Any]) -> TokenEntry | None:
    try:
        access, refresh, expires_at = value["access_token"], value["refresh_token"], value["expires_at"]
        endpoint, provider = value["token_endpoint"], value["provider"]
    except KeyError:
        return None
    strings = type(access) is type(refresh) is type(endpoint) is type(provider) is str
    if not strings or not is_u64(expires_at) or _names_twice(value, _TOKEN):
        return None
    return TokenEntry(Secret(access), Secret(refresh), expires_at, endpoint, provider, _others(value, _TOKEN))


def _pending(value: dict[str, Any]) -> PendingEntry | None:
    resource, created_at = value.get("resource"), value.get("created_at", 0)
    match value:
        case {"verifier": str(verifier), "state": str(state), "token_url": str(url), "provider_name": str(name)} if (
            _is_optional(resource, str) and is_u64(created_at) and not _names_twice(value, _PENDING)
        ):
            extra = _others(value, _PENDING)
            return PendingEntry(Secret(verifier), Secret(state), url, name, resource, created_at, extra)
    return None


def _mcp(value: dict[str, Any]) -> McpEntry | None:
    response, scopes = value.get("token_response"), value.get("granted_scopes", [])
    received_at, issuer = value.get("token_received_at"), value.get("issuer")
    fits = (
        isinstance(value.get("client_id"), str)
        and (response is None or _is_token_response(response))
        and isinstance(scopes, list)
        and all(isinstance(scope, str) for scope in scopes)
        and (received_at is None or is_u64(received_at))
        and _is_optional(issuer, str)
        and not _names_twice(value, _MCP)
    )
    if not fits:
        return None
    return McpEntry(value["client_id"], response, tuple(scopes), received_at, issuer, _others(value, _MCP))


def _is_token_response(value: object) -> bool:
    """Return whether rmcp would accept this token response (RFC 6749, section 5.1)."""
    if not isinstance(value, dict):
        return False
    expires_in = value.get("expires_in")
    return (
        isinstance(value.get("access_token"), str)
        and isinstance(value.get("token_type"), str)
        and (expires_in is None or is_u64(expires_in))
        and _is_optional(value.get("refresh_token"), str)
        and _is_optional(value.get("scope"), str)
        and not _names_twice(value, ("access_token", "token_type", "expires_in", "refresh_token", "scope"))
    )


def _others(value: dict[str, Any], known: tuple[str, ...]) -> dict[str, Json]:
    """Return the unknown fields, and the optional fields that are written out with their default."""
    if len(value) == _REQUIRED[known]:
        return {}
    optional = known[_REQUIRED[known] :]
    return {name: v for name, v in value.items() if name not in known or (name in optional and _is_default(v))}


_REQUIRED: Final = {_TOKEN: 5, _PENDING: 4, _MCP: 1}


def _names_twice(value: dict[str, Any], known: tuple[str, ...]) -> bool:
    return isinstance(value, RepeatedFields) and not value.repeated.isdisjoint(known)


def _is_optional(value: object, kind: type) -> bool:
    return value is None or isinstance(value, kind)


def is_u64(value: object) -> TypeGuard[int]:
    """Return whether the value is an integer that fits into an unsigned integer of 64 bits."""
    return type(value) is int and 0 <= value <= _LARGEST_U64


def _none_fits(value: dict[str, Any]) -> Entry:
    """Raise NoShapeError with the fields that the most similar shape lacks."""
    names = (
        _TOKEN if "access_token" in value else _PENDING if "verifier" in value else _MCP if "client_id" in value else ()
    )
    if not names:
        raise NoShapeError(_NO_SHAPE)
    missing = [name for name in names[: _REQUIRED[names]] if name not in value]
    raise NoShapeError(f"it lacks {', '.join(missing)}" if missing else _WRONG_FIELD)


_NO_OBJECT: Final = "it is not an object"
_NO_SHAPE: Final = "it fits none of the three shapes"
_WRONG_FIELD: Final = "a field has the wrong type or is there twice"
