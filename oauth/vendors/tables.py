"""Read the shipped table of vendors, the operator's tables and the MCP servers, and name every mistake at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from openab_auth.oauth.config import Config, ConfigMistakes, parse_config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.http import is_loopback, why_unsafe
from openab_auth.oauth.vendors.taken_names import owners_of_names
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.oauth.vendors.vendor_table import parse_vendor
from openab_auth.storage.reader import Problem

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.mcp_server import McpServer

_MEND: Final = "correct the file, then start again"
_SHIPPED: Final = Path(__file__).with_name("vendors.toml")


class Tables(NamedTuple):
    """The vendors and the MCP servers by name, and the problems that cost servers of openab's own list."""

    vendors: Mapping[str, Vendor]
    servers: Mapping[str, McpServer]
    problems: tuple[Problem, ...] = ()


def read_config(file: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the operator's config, as `parse_config` finds it.

    Raises:
        ConfigError: the file cannot be read, or it has mistakes. The error names those of every table except
            `[discord]`, so that nobody has to start again and again to see them all.
    """
    config = parse_config(file, environ)
    if config.mistakes:
        read_tables(config, environ)
    return config


def read_tables(config: Config, environ: Mapping[str, str]) -> Tables:
    """Return the vendors of both tables and the MCP servers, by name.

    Raises:
        ConfigError: the config, a vendor's table or a server's table has mistakes; all of them are named.
    """
    mistakes: ConfigMistakes = [*config.mistakes]
    vendors = _read_vendors(config, environ, mistakes)
    servers, problems = _read_servers(config, vendors, environ, mistakes)
    if mistakes:
        raise ConfigError(config.file or "oauth/vendors/vendors.toml", tuple(mistakes))
    return Tables(vendors, servers, problems)


def check_secret_files(config: Config, tables: Tables) -> None:
    """Read each file that a `client_secret_file` names, for a process that has to use all of them.

    Other processes share the config, and may have no access to these files.

    Raises:
        ConfigError: a file gave no secret; all of them are named.
    """
    rows = [one for one in tables.vendors.values() if one.client_secret_file and one.lacks_secret]
    mistakes: ConfigMistakes = [(f"vendors.{one.name}.client_secret_file", one.secret_problem) for one in rows]
    servers = [one for one in tables.servers.values() if one.secret_problem]
    mistakes += [(f"mcp.{one.name}.client_secret_file", one.secret_problem) for one in servers]
    if mistakes:
        raise ConfigError(config.file or "the config", tuple(mistakes))


def _read_vendors(config: Config, environ: Mapping[str, str], mistakes: ConfigMistakes) -> dict[str, Vendor]:
    shipped = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    vendors = {
        name: parse_vendor(
            *(name, _row(name, shipped, config.vendors), environ, mistakes),
            at=f"vendors.{name}",
            file=config.file or "",
        )
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
) -> tuple[dict[str, McpServer], tuple[Problem, ...]]:
    """Return the servers of the operator's tables and of openab's list, and the problems of that list."""
    path = config.auth.mcp_json
    if not (config.mcp or path):
        return {}, ()
    # Most configs have no server.
    from openab_auth.oauth.vendors.mcp_json import UnusableListError, read_openab_servers  # noqa: PLC0415
    from openab_auth.oauth.vendors.mcp_server import read_server, server_policy  # noqa: PLC0415

    base, owners = server_policy(config.auth), owners_of_names(vendors.values())
    listed: Mapping[str, Mapping[str, object]] = {}
    problems: list[Problem] = []
    try:
        listed = read_openab_servers(path, environ, taken=owners, http_loopback=base.http_loopback) if path else {}
    except UnusableListError as error:
        problems.append(Problem(f"{path}: {error.reason}; its MCP servers are not offered", _MEND))
    servers: dict[str, McpServer] = {}
    for name in [*listed, *(name for name in config.mcp if name not in listed)]:
        ours = config.mcp.get(name, {})
        if path and name not in listed and "url" not in ours:
            problems.append(Problem(f"[mcp.{name}] has no url, and {path} has no usable server of this name", _MEND))
            continue
        found: ConfigMistakes = []
        table = {**listed.get(name, {}), **ours}
        server = read_server(name, table, owners, environ, found, base=base, file=config.file or "")
        keys = {f"mcp.{name}.{key}" for key in ours}
        own = [(at, reason) for at, reason in found if name not in listed or at in keys]
        mistakes += own
        if found and not own:
            reasons = "; ".join(f"{at}: {reason}" for at, reason in found)
            problems.append(Problem(f"{path}: {reasons}; this MCP server is not offered", _MEND))
            continue
        servers[name] = server
        owners |= owners_of_names(servers=[name])
    return servers, tuple(problems)


def _row(name: str, *tables: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    """Return the keys of one vendor: the operator's override the shipped ones.

    A row that shares the tenant of a shipped vendor moves with that vendor. The terms of a vendor's service are no risk
    at a server on this machine.
    """
    shipped, ours = (table.get(name, {}) for table in tables)
    base = tables[1].get(str(shipped.get("tenant", "")), {})
    moved = {"tenant": base["tenant"]} if "tenant" in base else {}
    freed = {"risk": "ok"} if shipped.get("risk") == "tos-risk" and _is_here(ours.get("token_url")) else {}
    return {**shipped, **moved, **freed, **ours}


def _is_here(url: object) -> bool:
    """Return whether the address is on this machine, as that of a test server is."""
    return isinstance(url, str) and why_unsafe(url) is None and is_loopback(urlsplit(url).hostname or "")


def _check_tenants(
    vendors: Mapping[str, Vendor], shipped: Mapping[str, Mapping[str, object]], mistakes: ConfigMistakes
) -> None:
    """Note vendors that share a tenant, or whose name is the tenant of another vendor.

    Two vendors under one tenant would overwrite each other's login.
    """
    owners: dict[str, Vendor] = {}
    for vendor in vendors.values():
        for word in {vendor.tenant, vendor.name}:
            owner = owners.setdefault(word, vendor)
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
