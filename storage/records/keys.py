"""Keys with which agents get tokens from a broker; the store keeps only the SHA-256 of each key.

The name of a key is the key of its record. If these records are lost, every agent needs a new key.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from openab_auth.storage.entries import Json
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.records.threads import ThreadId

_LONGEST: Final = 10**20  # a Discord id has up to 20 digits
_DIGITS: Final = 64  # of a SHA-256 in hex


class BrokerKey(NamedTuple):
    """One key: the SHA-256 of it in hex, the logins that it covers, and the thread of its agents.

    `tenants` are patterns as the operator typed them. `thread` is None for agents that work in no thread. Times are in
    unix seconds; a key without `expires_at` has no end.
    """

    sha256: str
    tenants: tuple[str, ...]
    thread: ThreadId | None = None
    expires_at: int | None = None
    created_at: int = 0


def _to_json(key: BrokerKey) -> dict[str, Json]:
    return {**key._asdict(), "tenants": [*key.tenants]}


def _from_json(value: object) -> BrokerKey | None:
    match value:
        case {
            "sha256": str(sha256),
            "tenants": list(tenants),
            "thread": thread,
            "expires_at": expires_at,
            "created_at": int(created_at),
        } if (
            len(sha256) == _DIGITS
            and all(isinstance(tenant, str) for tenant in tenants)
            and _is_number_or_none(thread)
            and _is_number_or_none(expires_at)
        ):
            return BrokerKey(sha256, tuple(tenants), thread, expires_at, created_at)
    return None  # a key whose limits cannot be read opens nothing


def _is_number_or_none(value: object) -> bool:
    return value is None or (type(value) is int and 0 <= value < _LONGEST)


KEYS: Final = RecordKind("keys", _to_json, _from_json)
