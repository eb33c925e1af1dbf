"""Read the shipped table of vendors, the operator's tables and the MCP servers, and name every mistake at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.config import Config, ConfigMistakes, parse_config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors.vendor import Vendor, parse_vendor

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.mcp_server import McpServer

_SHIPPED: Final = Path(__file__).with_name("vendors.toml")


def read_config(file: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the operator's config, as `parse_config` finds it.

    Raises:
        ConfigError: the file cannot be read, or it has mistakes. Those of every table are named, so that nobody has to
            start twice to see them all.
    """
    config = parse_config(file, environ)
    if config.mistakes:
        read_tables(config, environ)
    return config


def read_tables(config: Config, environ: Mapping[str, str]) -> tuple[dict[str, Vendor], dict[str, McpServer]]:
    """Return the vendors of both tables and the MCP servers, by name.

    Raises:
        ConfigError: the config, a vendor's table or a server's table has mistakes; all of them are named.
    """
    mistakes: ConfigMistakes = [*config.mistakes]
    vendors = _read_vendors(config, environ, mistakes)
    servers = _read_servers(config, vendors, environ, mistakes)
    if mistakes:
        raise ConfigError(config.file or "oauth/vendors/vendors.toml", tuple(mistakes))
    return vendors, servers


def _read_vendors(config: Config, environ: Mapping[str, str], mistakes: ConfigMistakes) -> dict[str, Vendor]:
    shipped = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    vendors = {
        name: parse_vendor(name, _row(name, shipped, config.vendors), environ, mistakes, at=f"vendors.{name}")
        for name in [*shipped, *(name for name in config.vendors if name not in shipped)]
    }
    _check_tenants(vendors, shipped, mistakes)
    for name, vendor in vendors.items():
        ours, theirs = config.vendor_templates.get(name, config.vendors.get(name, {})), shipped.get(name, {})
        if name in config.vendors or vendor.client_id != theirs.get("client_id", ""):
            vendors[name] = replace(vendor, in_config=name in config.vendors, written=(theirs, ours))
    for key, names in (("auth.vendors", config.auth.vendors or ()), ("auth.accept_risk", config.auth.accept_risk)):
        mistakes += [(key, f"there is no vendor {name!r}") for name in names if name not in vendors]
    return vendors


def _read_servers(
    config: Config, vendors: Mapping[str, Vendor], environ: Mapping[str, str], mistakes: ConfigMistakes
) -> dict[str, McpServer]:
    if not (config.mcp or config.auth.mcp_json):
        return {}
    from openab_auth.oauth.vendors.mcp_server import read_servers  # noqa: PLC0415 - most configs have no server

    http_loopback = config.auth.allow_http_loopback
    tables: dict[str, Mapping[str, object]] = {}
    if config.auth.mcp_json:
        from openab_auth.oauth.vendors.mcp_json import read_openab_servers  # noqa: PLC0415 - as above

        taken = {word.casefold() for one in vendors.values() for word in (one.name, one.tenant)}
        tables |= read_openab_servers(config.auth.mcp_json, environ, mistakes, taken=taken, http_loopback=http_loopback)
    tables |= {name: {**tables.get(name, {}), **table} for name, table in config.mcp.items()}
    return read_servers(tables, vendors.values(), environ, mistakes, http_loopback=http_loopback)


def _row(name: str, *tables: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    """Return the keys of one vendor: the operator's override the shipped ones.

    A row that shares the tenant of a shipped vendor moves with that vendor.
    """
    shipped, ours = (table.get(name, {}) for table in tables)
    base = tables[1].get(str(shipped.get("tenant", "")), {})
    moved = {"tenant": base["tenant"]} if "tenant" in base else {}
    return {**shipped, **moved, **ours}


def _check_tenants(
    vendors: Mapping[str, Vendor], shipped: Mapping[str, Mapping[str, object]], mistakes: ConfigMistakes
) -> None:
    """Note vendors that share a tenant, or whose name is the tenant of another vendor.

    Two vendors under one tenant would overwrite each other's login.
    """
    owners_of_names: dict[str, Vendor] = {}
    for vendor in vendors.values():
        for word in {vendor.tenant, vendor.name}:
            owner = owners_of_names.setdefault(word, vendor)
            if owner is not vendor and not _are_one(owner, vendor, shipped):
                reason = f"{word!r} belongs to the vendor {owner.name} already"
                mistakes.append((f"vendors.{vendor.name}.tenant", reason))


def _are_one(one: Vendor, other: Vendor, shipped: Mapping[str, Mapping[str, object]]) -> bool:
    """Return whether both rows begin logins of one client, so that each row can renew the logins of the other."""
    if one.tenant != other.tenant:
        return False
    if one.name in shipped and other.name in shipped:
        return shipped[other.name].get("tenant") == shipped[one.name].get("tenant", one.name)
    same_client = bool(one.client_id) and (one.client_id, one.token_url) == (other.client_id, other.token_url)
    return same_client and one.flow != other.flow
