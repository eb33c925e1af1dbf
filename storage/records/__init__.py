"""Records that a store keeps beside the logins: notes, registered clients, added MCP servers, and facts."""

from openab_auth.storage.records.clients import CLIENTS, ClientRecord
from openab_auth.storage.records.facts import FACTS, LoginFacts
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.records.notes import NOTES, Begun, DeadToken, Note, RefreshAttempt, Subject
from openab_auth.storage.records.servers import SERVERS, AddedServer

__all__ = [
    "CLIENTS",
    "FACTS",
    "NOTES",
    "SERVERS",
    "AddedServer",
    "Begun",
    "ClientRecord",
    "DeadToken",
    "LoginFacts",
    "Note",
    "RecordKind",
    "RefreshAttempt",
    "Subject",
]
