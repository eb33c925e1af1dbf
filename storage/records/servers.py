"""MCP servers that people added from Discord; the records hold no secret, and losing them loses no login."""

from __future__ import annotations

from typing import Final, NamedTuple

from openab_auth.storage.entries import Json, UserId
from openab_auth.storage.records.kind import RecordKind


class AddedServer(NamedTuple):
    """The endpoint of a server, who added it, and when, in unix seconds; the key of the record is its name."""

    url: str
    added_by: UserId
    added_at: int


def _to_json(server: AddedServer) -> dict[str, Json]:
    return server._asdict()


def _from_json(value: object) -> AddedServer | None:
    match value:
        case {"url": str(url), "added_by": int(user), "added_at": int(at)}:
            return AddedServer(url, UserId(user), at)
    return None


SERVERS: Final = RecordKind("servers", _to_json, _from_json)
