"""Scopes that a server demanded of a login that has fewer (step-up): noted where seen, asked for at the next login.

Only a new login widens a grant (RFC 6749 6), and only a person can make one; all that an agent can do is to say so.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal, TypeAlias

from openab_auth.oauth.client import scopes_of
from openab_auth.oauth.errors import LOG_IN_AGAIN, InsufficientScopeError
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import ClientRecord, Draft, Json, McpEntry, Tenant

Remedy: TypeAlias = Literal["log-in", "widen", "grant"]

_WANTED: Final = "wanted_scopes"
_TRIES: Final = "logins_for_them"
_MOST: Final = 3  # logins for the same scopes, before another one is no longer advised
_MANY: Final = 100  # scopes that are noted of one server, whatever it demands


def note_demand(
    draft: Draft, tenant: Tenant, server: McpServer | None, demanded: tuple[str, ...]
) -> InsufficientScopeError:
    """Note what a server demanded of the login under `tenant`; the error tells the agent's person what to do."""
    entry = draft.get(tenant)
    if not isinstance(entry, McpEntry):
        return InsufficientScopeError(tenant, demanded, LOG_IN_AGAIN)
    record = draft.clients.get(tenant) or ClientRecord(entry.client_id)
    before = scopes_of(record.facts.get(_WANTED))
    wanted = tuple(dict.fromkeys((*before, *entry.granted_scopes, *demanded)))[:_MANY]
    tries = _tries(record) if set(demanded) <= set(before) else 0
    record = dataclasses.replace(record, facts={**record.facts, _WANTED: list(wanted), _TRIES: tries})
    draft.clients[tenant] = record
    return InsufficientScopeError(tenant, demanded, advice(remedy_for(demanded, record, server), tenant))


def wanted_scopes(server: McpServer, asked: tuple[str, ...], record: ClientRecord | None) -> tuple[str, ...]:
    """What the next login asks for: the specification's choice, and what was demanded since; the operator's alone."""
    if record is None or server.scopes:
        return asked
    return tuple(dict.fromkeys((*asked, *scopes_of(record.facts.get(_WANTED)))))


def missing_scopes(granted: tuple[str, ...], record: ClientRecord | None) -> tuple[str, ...]:
    """What was demanded of a login and is not granted to it."""
    wanted = scopes_of(record.facts.get(_WANTED)) if record else ()
    return tuple(scope for scope in wanted if scope not in granted)


def remedy_for(scopes: tuple[str, ...], record: ClientRecord | None, server: McpServer | None) -> Remedy:
    """What gets these scopes: another login, a wider list of the operator's, or whoever runs the server."""
    if server and server.scopes and not (scopes and set(scopes) <= set(server.scopes)):
        return "widen"
    return "grant" if record and _tries(record) >= _MOST else "log-in"


def advice(remedy: Remedy, tenant: str) -> str:
    """The remedy in words, for the login under `tenant`."""
    return _ADVICE[remedy].format(name=tenant.removeprefix("mcp:"))


def carried_over(record: ClientRecord, before: ClientRecord | None) -> ClientRecord:
    """The record of a new login, with what was demanded of the one before it."""
    if before is None or _WANTED not in before.facts:
        return record
    wanted = before.facts[_WANTED]
    asked = set(scopes_of(wanted)) <= set(scopes_of(record.facts.get("scopes")))  # an operator's list may lack some
    demand: dict[str, Json] = {_WANTED: wanted, _TRIES: _tries(before) + asked}
    return dataclasses.replace(record, facts={**record.facts, **demand})


def _tries(record: ClientRecord) -> int:
    tries = record.facts.get(_TRIES)
    return tries if type(tries) is int else 0


_ADVICE: Final[dict[Remedy, str]] = {
    "log-in": LOG_IN_AGAIN,
    "widen": "add them to scopes in [mcp.{name}], then log in again with /auth login",
    "grant": "these scopes were asked for and not given; whoever runs the server must grant them to this account",
}
