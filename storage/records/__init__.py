"""Records that a store keeps beside the logins: notes, registered clients and added MCP servers."""

from openab_auth.storage.records.clients import CLIENTS, ClientRecord
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.records.notes import NOTES, Begun, DeadToken, Note, RefreshAttempt, Subject
from openab_auth.storage.records.servers import SERVERS, AddedServer

__all__ = [
    "CLIENTS",
    "NOTES",
    "SERVERS",
    "AddedServer",
    "Begun",
    "ClientRecord",
    "DeadToken",
    "Note",
    "RecordKind",
    "RefreshAttempt",
    "Subject",
]
