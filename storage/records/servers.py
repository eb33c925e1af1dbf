"""MCP servers that people added from Discord: `auth.json.servers`, 0600, without a secret; losing it loses no login."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from openab_auth.storage.entries import Json, UserId
from openab_auth.storage.file.record_files import RecordFile


@dataclass(frozen=True, slots=True)
class AddedServer:
    """One server under its name: its endpoint, who added it, and when, in unix seconds."""

    url: str
    added_by: UserId
    added_at: int


def _json(server: AddedServer) -> dict[str, Json]:
    return asdict(server)


def _server(value: object) -> AddedServer | None:
    match value:
        case {"url": str(url), "added_by": int(user), "added_at": int(at)}:
            return AddedServer(url, UserId(user), at)
    return None


FILE: Final = RecordFile("servers", _server, _json)
