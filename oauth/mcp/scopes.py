"""The scopes that a server demanded and that the login lacks (step-up); the next login asks for them.

Only a new login can get more scopes (RFC 6749 6), and only a person can log in. An agent can only report the demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from openab_auth.oauth.client import scopes_of
from openab_auth.oauth.errors import LOG_IN_AGAIN, InsufficientScopeError
from openab_auth.oauth.vendors.server_names import table_name
from openab_auth.storage import ClientRecord, McpEntry

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import McpServer
    from openab_auth.storage import Draft, Json, Tenant

ScopeRemedy: TypeAlias = Literal["log-in", "widen", "grant"]

_WANTED: Final = "wanted_scopes"
_TRIES: Final = "logins_for_them"
_MOST_TRIES: Final = 3  # logins for the same scopes; after them another login is not advised
_MOST_SCOPES: Final = 100  # that are noted for one server, whatever it demands


def note_demand(
    draft: Draft, tenant: Tenant, server: McpServer | None, demanded: tuple[str, ...]
) -> InsufficientScopeError:
    """Note the scopes that a server demanded; return the error that tells people what to do."""
    entry = draft.get(tenant)
    if not isinstance(entry, McpEntry):
        return InsufficientScopeError(tenant, demanded, LOG_IN_AGAIN)
    record = draft.clients.get(tenant) or ClientRecord(entry.client_id)
    before = scopes_of(record.facts.get(_WANTED))
    wanted = tuple(dict.fromkeys((*before, *entry.granted_scopes, *demanded)))[:_MOST_SCOPES]
    tries = _tries(record) if set(demanded) <= set(before) else 0
    record = record._replace(facts={**record.facts, _WANTED: list(wanted), _TRIES: tries})
    draft.clients[tenant] = record
    return InsufficientScopeError(tenant, demanded, advice(remedy_for(demanded, record, server), tenant))


def wanted_scopes(server: McpServer, asked: tuple[str, ...], record: ClientRecord | None) -> tuple[str, ...]:
    """Return the scopes that the next login asks for: `asked`, and the scopes that the server has demanded since.

    If the operator has set a list of scopes, only that list is used.
    """
    if record is None or server.scopes:
        return asked
    return tuple(dict.fromkeys((*asked, *scopes_of(record.facts.get(_WANTED)))))


def missing_scopes(granted: tuple[str, ...], record: ClientRecord | None) -> tuple[str, ...]:
    """Return the scopes that were demanded and not granted."""
    wanted = scopes_of(record.facts.get(_WANTED)) if record else ()
    return tuple(scope for scope in wanted if scope not in granted)


def remedy_for(scopes: tuple[str, ...], record: ClientRecord | None, server: McpServer | None) -> ScopeRemedy:
    """Return how to get these scopes: by another login, a longer list in the config, or a grant at the server."""
    if server and server.scopes and not (scopes and set(scopes) <= set(server.scopes)):
        return "widen"
    return "grant" if record and _tries(record) >= _MOST_TRIES else "log-in"


def advice(remedy: ScopeRemedy, tenant: str) -> str:
    """Return the remedy in words, for the login under `tenant`."""
    return _ADVICE[remedy].format(table=table_name(tenant))


def carried_over(record: ClientRecord, before: ClientRecord | None) -> ClientRecord:
    """Return the record of a new login with the scopes that were demanded of the login before it."""
    if before is None or _WANTED not in before.facts:
        return record
    wanted = before.facts[_WANTED]
    asked = set(scopes_of(wanted)) <= set(scopes_of(record.facts.get("scopes")))  # an operator's list may lack some
    demand: dict[str, Json] = {_WANTED: wanted, _TRIES: _tries(before) + asked}
    return record._replace(facts={**record.facts, **demand})


def _tries(record: ClientRecord) -> int:
    tries = record.facts.get(_TRIES)
    return tries if type(tries) is int else 0


_ADVICE: Final[dict[ScopeRemedy, str]] = {
    "log-in": LOG_IN_AGAIN,
    "widen": "add them to scopes in {table}, then log in again with /auth login",
    "grant": "these scopes were requested and not granted; the people who run the server must grant them",
}
