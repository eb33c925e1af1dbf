"""Records that a store keeps beside the logins: notes, clients, MCP servers, facts, threads, requests, broker keys."""

from typing import Any, Final

from openab_auth.storage.records.clients import CLIENTS, ClientRecord
from openab_auth.storage.records.facts import FACTS, LoginFacts
from openab_auth.storage.records.keys import KEYS, BrokerKey
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.records.notes import NOTES, Begun, DeadToken, Note, RefreshAttempt, RefusedToken, Subject
from openab_auth.storage.records.notices import Limit, Notice
from openab_auth.storage.records.requests import (
    REQUESTS,
    LoginRequest,
    RequestMessage,
    RequestRecord,
)
from openab_auth.storage.records.servers import SERVERS, AddedServer
from openab_auth.storage.records.threads import (
    PERSONAL_ACCOUNTS,
    SHARED_ACCOUNTS,
    THREADS,
    AccountPolicy,
    Agreement,
    Policies,
    SeenThread,
    ThreadChoices,
    ThreadId,
    ThreadRecord,
    agreement_key,
    choice_key,
    policy_key,
    thread_key,
)

KINDS: Final[tuple[RecordKind[Any], ...]] = (NOTES, CLIENTS, SERVERS, FACTS, THREADS, REQUESTS, KEYS)

__all__ = [
    "CLIENTS",
    "FACTS",
    "KEYS",
    "KINDS",
    "NOTES",
    "PERSONAL_ACCOUNTS",
    "REQUESTS",
    "SERVERS",
    "SHARED_ACCOUNTS",
    "THREADS",
    "AccountPolicy",
    "AddedServer",
    "Agreement",
    "Begun",
    "BrokerKey",
    "ClientRecord",
    "DeadToken",
    "Limit",
    "LoginFacts",
    "LoginRequest",
    "Note",
    "Notice",
    "Policies",
    "RecordKind",
    "RefreshAttempt",
    "RefusedToken",
    "RequestMessage",
    "RequestRecord",
    "SeenThread",
    "Subject",
    "ThreadChoices",
    "ThreadId",
    "ThreadRecord",
    "agreement_key",
    "choice_key",
    "policy_key",
    "thread_key",
]
