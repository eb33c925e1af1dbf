"""Record with a login what its refresh needs of the operator's table, and read it where that table is missing.

The record is the table's own keys and values as the operator wrote them, so a value from `${VAR}` stays a template, and
a secret is named by its variable. It never says where a token goes: the login's entry does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from openab_auth.oauth.config import ConfigMistakes, environment_value, is_reserved, replace_variables, variables_in
from openab_auth.oauth.errors import LOG_IN_AGAIN, NotRefreshableError, one_line
from openab_auth.oauth.vendors.account_labels import split_label
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.oauth.vendors.vendor_table import read_row
from openab_auth.storage.entries import Json, Tenant
from openab_auth.storage.records.facts import LoginFacts

if TYPE_CHECKING:
    from openab_auth.oauth.client import SecretMethod
    from openab_auth.oauth.vendors.catalogue import Catalogue

REFRESH_KEYS: Final = frozenset({
    *("flow", "client_id", "token_body", "refresh_params", "headers", "exchange", "token_lifetime", "account_from"),
    *("client_secret_env", "client_secret_from", "token_endpoint_auth_method"),
})  # fmt: skip
_CLIENT_ENV: Final = "client_secret_env"
_CLIENT_FILE: Final = (
    "client_secret_file"  # never recorded: whoever writes the store must not choose which file is sent
)
_NAME, _WITHHELD = "name", "withheld"  # of the record: the vendor's name, and the keys that only the config holds
_METHOD, _DEFAULT = "auth_method", "client_secret_basic"
_METHODS: Final = ("client_secret_basic", "client_secret_post", "client_secret_basic_with_id")
_SECRET_NAMES: Final = ("authorization", "cookie", "key", "token", "secret", "password")  # ends of a field's name
_GIVE_CONFIG: Final = (
    "give this process the operator's config with OPENAB_AUTH_CONFIG, "
    "or take the value from a variable there and log in again"
)


def facts_of(vendor: Vendor) -> Mapping[str, Json]:
    """Return what a login at `vendor` records; empty if every process renews it by the shipped row.

    The client id is the one in use, which is no secret.
    """
    worked: dict[str, Json] = {} if vendor.auth_method == _DEFAULT else {_METHOD: vendor.auth_method}
    shipped, ours = vendor.written
    if not (shipped or ours):
        return worked
    if not ours.keys() & (REFRESH_KEYS | {_CLIENT_FILE}) and vendor.client_id == shipped.get("client_id", ""):
        return worked
    table = {key: value for key, value in {**shipped, **ours}.items() if key in REFRESH_KEYS}
    row: dict[str, Json] = {_NAME: vendor.default_name, **worked}
    withheld: list[Json] = []
    for key, value in table.items():
        row[key] = _recordable(key, value, withheld)
    row["client_id"] = vendor.client_id.replace("${", "$${")
    if vendor.client_secret_file:
        row.pop(_CLIENT_ENV, None)
        withheld.append(_CLIENT_FILE)
    elif vendor.client_secret is None:
        row.pop(_CLIENT_ENV, None)  # the login was made without a secret
    elif not (table.get(_CLIENT_ENV) or table.get("client_secret_from")):
        withheld.append("client_secret_obscured")
    elif vendor.client_secret_env:
        row[_CLIENT_ENV] = vendor.client_secret_env  # never a template: agents refuse it
    return {**row, _WITHHELD: withheld} if withheld else row


def _recordable(key: str, value: object, withheld: list[Json]) -> Json:
    """Return the value at `key`; leave out fields that may be a secret, and name them in `withheld`."""
    if not isinstance(value, dict):
        return value if isinstance(value, str | int) else None
    fields: dict[str, Json] = {}
    for name, item in value.items():
        if isinstance(item, str) and name.lower().endswith(_SECRET_NAMES) and not variables_in(item):
            withheld.append(f"{key}.{name}")
        elif isinstance(item, str | int):
            fields[name] = item
    return fields


def with_auth_method(vendor: Vendor, facts: LoginFacts) -> Vendor:
    """Return the row with the way in which the client of this login authenticated when its code was taken."""
    method = facts.row.get(_METHOD)
    return replace(vendor, auth_method=cast("SecretMethod", method)) if method in _METHODS else vendor


def holds_row(facts: LoginFacts) -> bool:
    """Return whether the facts say how the login is renewed, and not only how its client authenticates."""
    return bool(facts.row.keys() & REFRESH_KEYS)


def vendor_from(facts: LoginFacts, tenant: Tenant, environ: Mapping[str, str], catalogue: Catalogue) -> Vendor:
    """Return the row that renews the login under `tenant`, with no address in it.

    Whoever writes the store must not choose freely which variables are sent: none from a process with a config, and
    elsewhere none that is reserved or holds another vendor's secret.

    Raises:
        NotRefreshableError: a variable is refused or not set in this process, or the record is damaged.
    """
    table = {key: value for key, value in facts.row.items() if key in REFRESH_KEYS}
    if withheld := facts.row.get(_WITHHELD):
        what = ", ".join(map(str, withheld)) if isinstance(withheld, list) else "a value"
        raise NotRefreshableError(tenant, f"{one_line(what)} is only in the operator's config", _GIVE_CONFIG)
    named = _variables_in(table)
    if named and catalogue.has_config:
        reason = f"only a table in the config may name {' and '.join(sorted(named))}"
        raise NotRefreshableError(tenant, reason, "add the vendor's table to the config")
    foreign = catalogue.foreign_variables(tenant)
    if refused := sorted(name for name in named if name in foreign or is_reserved(name)):
        reason = f"without a config, no refresh sends {' and '.join(refused)}"
        raise NotRefreshableError(tenant, reason, "give this process the operator's config with OPENAB_AUTH_CONFIG")
    if unset := sorted(name for name in named if not environment_value(environ, name)):
        todo = f"set {' and '.join(unset)} for this process, or give it the operator's config"
        raise NotRefreshableError(tenant, f"{' and '.join(unset)} is not set in this process", todo)
    mistakes: ConfigMistakes = []
    values = replace_variables(table, "facts", environ, mistakes)
    if _CLIENT_ENV in table:
        values[_CLIENT_ENV] = table[_CLIENT_ENV]  # the name of a variable, and no template
    base, label = split_label(tenant)
    vendor = read_row(str(facts.row.get(_NAME)), {**values, "tenant": base}, environ, mistakes, at="facts")
    if "client_secret_from" in table and vendor.client_secret is None:
        raise NotRefreshableError(tenant, "its client's secret is not here", _GIVE_CONFIG)
    if mistakes:
        reasons = "; ".join(reason for _, reason in mistakes)
        raise NotRefreshableError(tenant, f"what was recorded with it is not valid: {reasons}", LOG_IN_AGAIN)
    row = replace(vendor, written=({}, table))
    return row.of_account(label) if label else row


def _variables_in(table: Mapping[str, Json]) -> frozenset[str]:
    """Return the names of all variables in the table, at any depth, that have the form of a name."""
    secret = table.get(_CLIENT_ENV)
    names: frozenset[str] = frozenset()
    values: list[Json] = [*table.values(), f"${{{secret}}}" if isinstance(secret, str) else ""]
    while values:
        value = values.pop()
        if isinstance(value, dict | list):
            values += value.values() if isinstance(value, dict) else value
        names |= variables_in(value)
    return names
