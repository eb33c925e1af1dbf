"""A typed word becomes an `Account` once, at the border."""

from __future__ import annotations

import pytest

from openab_auth.oauth.accounts import Account, resolve, stored_account
from openab_auth.oauth.config.config import Config
from openab_auth.oauth.vendors import VendorName
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.storage import McpEntry, Secret, Tenant, TokenEntry
from openab_auth.storage.entries import Entry

CATALOGUE = Catalogue.from_config(Config(mcp={"linear": {"url": "https://mcp.linear.example/mcp"}}), {})
SERVERS = McpEntry(client_id="c1", token_response={"access_token": "a"})
VENDORS = TokenEntry(Secret("a"), Secret("r"), 1, "https://auth.example/token", "lab")


@pytest.mark.parametrize(
    ("word", "name", "tenant"),
    [
        ("claude", "claude", "anthropic-oauth"),  # a vendor's name
        ("anthropic-oauth", "claude", "anthropic-oauth"),  # the key of its login
        ("mcp:linear", "mcp:linear", "linear"),
        ("linear", "mcp:linear", "linear"),  # the bare name of a server
        ("unheard-of", "unheard-of", "unheard-of"),  # nothing here: it is taken as a key
    ],
)
def test_every_kind_of_word_means_one_account(word: str, name: str, tenant: str) -> None:
    assert resolve(word, CATALOGUE, {}) == Account(VendorName(name), Tenant(tenant))


@pytest.mark.parametrize("word", ["mcp:linear", "linear"])
@pytest.mark.parametrize(
    ("entries", "tenant"),
    [
        ({"linear": SERVERS}, "linear"),
        ({"mcp:linear": SERVERS}, "mcp:linear"),  # an agent wrote it there
        ({"linear": SERVERS, "mcp:linear": SERVERS}, "linear"),
        ({"linear": VENDORS}, "mcp:linear"),  # a vendor's login is never meant by a server's name
    ],
)
def test_a_servers_login_has_its_bare_name_unless_a_vendors_login_does(
    word: str, entries: dict[str, Entry], tenant: str
) -> None:
    assert resolve(word, CATALOGUE, entries) == Account(VendorName("mcp:linear"), Tenant(tenant))


def test_without_a_catalogue_a_word_is_a_key_or_a_server() -> None:
    assert resolve("lab", None, {"lab": VENDORS}) == Account(VendorName("lab"), Tenant("lab"))
    assert resolve("mcp:x", None, {}) == Account(VendorName("mcp:x"), Tenant("x"))
    assert resolve("x", None, {"x": SERVERS}).is_server  # the entry says so, whatever the config names
    assert not resolve("lab", None, {"lab": VENDORS}).is_server


@pytest.mark.parametrize(
    ("tenant", "entry", "name"),
    [("anthropic-oauth", VENDORS, "claude"), ("gone", VENDORS, "gone"), ("x", SERVERS, "mcp:x")],
)
def test_a_stored_login_is_that_of_its_tenant_whatever_the_word_would_mean(
    tenant: str, entry: Entry, name: str
) -> None:
    assert stored_account(Tenant(tenant), entry, CATALOGUE) == Account(VendorName(name), Tenant(tenant))


def test_a_vendors_login_under_a_servers_name_stays_the_vendors() -> None:
    """A word is resolved to the server; the login that refresh-ahead has read is not resolved again."""
    assert resolve("linear", CATALOGUE, {"linear": VENDORS}).tenant == "mcp:linear"
    assert stored_account(Tenant("linear"), VENDORS, CATALOGUE).tenant == "linear"
