"""The known facts about a login at a server, without a request: its binding, and its missing scopes."""

from __future__ import annotations

import dataclasses

import pytest

from openab_auth.oauth.mcp import Binding, access_of
from openab_auth.oauth.mcp.scopes import advice, carried_over, note_demand
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import CLIENTS, ClientRecord, Draft, McpEntry, Tenant

URL = "https://mcp.example:8443/s/canary-key-in-the-path/mcp"
ISSUER = "https://as.example"
BINDING = Binding(URL, ISSUER, URL, f"{ISSUER}/a", f"{ISSUER}/t", "http://localhost:53682/callback", "c1")
TENANT = Tenant("lab")


def record(*asked: str) -> ClientRecord:
    return dataclasses.replace(BINDING, scopes=asked).as_client()


def entry(*granted: str) -> McpEntry:
    return McpEntry("c1", {"access_token": "canary", "token_type": "bearer"}, granted, 1, ISSUER)


def demanded(login: McpEntry, of: ClientRecord, server: McpServer | None, *scopes: str) -> ClientRecord:
    draft = Draft({TENANT: login}, {CLIENTS.name: {TENANT: of}})
    note_demand(draft, TENANT, server, scopes)
    return draft.clients[TENANT]


def test_a_login_shows_the_host_and_issuer_where_it_was_made() -> None:
    elsewhere = McpServer("lab", "https://other.example/mcp")

    access = access_of(entry("read"), record("read"), elsewhere)

    assert (access.host, access.issuer) == ("mcp.example:8443", ISSUER)
    assert "canary" not in repr(access)


def test_another_programs_login_shows_what_the_config_and_its_entry_know() -> None:
    server = McpServer("lab", "https://other.example/mcp")

    theirs = dataclasses.replace(entry("read"), client_id="of-another-program")
    assert access_of(theirs, record("read", "write"), server).host == "other.example"
    assert access_of(theirs, record("read", "write"), server).asked == ()
    assert access_of(theirs, None, None).host == ""
    assert access_of(theirs, None, None).issuer == ISSUER
    assert access_of(theirs, None, dataclasses.replace(server, url="https://[x")).host == ""


@pytest.mark.parametrize(
    ("asked", "granted", "withheld", "differs"),
    [
        (("a", "b"), ("b", "a"), (), False),
        (("a", "b"), ("a",), ("b",), True),
        (("a",), ("a", "b"), (), True),
        ((), ("a",), (), False),
        (("a",), (), (), False),
    ],
)
def test_scopes_that_were_granted_are_told_from_those_that_were_asked_for(
    asked: tuple[str, ...], granted: tuple[str, ...], withheld: tuple[str, ...], differs: bool
) -> None:
    """RFC 6749 5.1: a server that names no scopes has granted those that were asked for."""
    access = access_of(entry(*granted), record(*asked), None)

    assert (access.withheld, access.differs) == (withheld, differs)
    assert (access.missing, access.remedy) == ((), None)


def test_a_demanded_scope_is_missing_until_a_login_has_it() -> None:
    noted = demanded(entry("read"), record("read"), None, "admin")

    lacking = access_of(entry("read"), noted, None)
    assert (lacking.missing, lacking.remedy) == (("admin",), "log-in")
    assert "log in again" in advice("log-in", TENANT)

    cured = access_of(entry("read", "admin"), carried_over(record("read", "admin"), noted), None)
    assert (cured.missing, cured.remedy) == ((), None)


def test_a_scope_left_out_by_the_operator_is_the_operators_to_add() -> None:
    narrow = McpServer("lab", URL, scopes=("read",))
    wide = McpServer("lab", URL, scopes=("read", "admin"))
    noted = demanded(entry("read"), record("read"), narrow, "admin")
    for _ in range(5):  # logins that could not ask for it
        noted = carried_over(record("read"), noted)

    assert access_of(entry("read"), noted, narrow).remedy == "widen"
    assert "scopes in [mcp.lab]" in advice("widen", Tenant("mcp:lab"))
    assert access_of(entry("read"), noted, wide).remedy == "log-in"


def test_what_was_asked_for_again_and_again_is_for_whoever_runs_the_server() -> None:
    noted = demanded(entry("read"), record("read"), None, "admin")
    for _ in range(3):
        noted = carried_over(record("read", "admin"), noted)

    assert access_of(entry("read"), noted, None).remedy == "grant"
    assert "the people who run the server" in advice("grant", TENANT)


def test_a_demand_without_a_scope_is_the_operators_where_scopes_are_set() -> None:
    """RFC 6750 3.1: `scope` may be left out of the challenge."""
    draft = Draft({TENANT: entry("read")}, {CLIENTS.name: {TENANT: record("read")}})

    assert "[mcp.lab]" in note_demand(draft, TENANT, McpServer("lab", URL, scopes=("read",)), ()).todo
    assert "log in again" in note_demand(draft, TENANT, McpServer("lab", URL), ()).todo
