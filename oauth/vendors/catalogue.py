"""Every vendor: the shipped table and the operator's, which may add vendors and override single keys."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files

from openab_auth.oauth.config.config import AuthSettings, Config
from openab_auth.oauth.config.programs import absolute_path
from openab_auth.oauth.config.table import Mistakes
from openab_auth.oauth.config.variables import variables_in
from openab_auth.oauth.errors import (
    ConfigError,
    NoLoginError,
    RiskNotAcceptedError,
    ServerNotAddedError,
    UnknownVendorError,
)
from openab_auth.oauth.vendors.flow_rules import rules_of
from openab_auth.oauth.vendors.mcp_json import read_openab
from openab_auth.oauth.vendors.mcp_server import McpServer, owners, read_added, read_servers
from openab_auth.oauth.vendors.server_names import bare_name
from openab_auth.oauth.vendors.vendor import Vendor, parse_vendor
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import StorageError
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.store import Store


class Catalogue:
    """The vendors by name; `offered` are those that people may log in to, `auth` is what the config says of servers.

    `token_variables` are where the bot's own token comes from.
    """

    def __init__(  # noqa: PLR0913 - what the config says
        self,
        vendors: Mapping[str, Vendor],
        offered: tuple[str, ...],
        environ: Mapping[str, str],
        servers: Mapping[str, McpServer] | None = None,
        auth: AuthSettings = AuthSettings(),  # noqa: B008 - frozen
        *,
        token_variables: frozenset[str] = frozenset(),
    ) -> None:
        self._rows, self._listed, self._auth = vendors, offered, auth
        self._servers = servers or {}
        self._vendors = {**vendors, **{one.vendor_name: one.vendor for one in self._servers.values()}}
        begun = (one for one in self._servers.values() if one.added_by is None or auth.mcp_add)
        self._offered = (*offered, *(one.vendor_name for one in begun))
        self._environ = environ
        self._token_variables = token_variables | {"DISCORD_TOKEN"}
        self._last: tuple[Mapping[str, AddedServer], Catalogue] | None = None  # they are asked for at each keystroke
        self._by_tenant = {one.tenant: one for one in [*self._vendors.values()][::-1]}  # the first row counts

    @classmethod
    def shipped(cls, environ: Mapping[str, str] = os.environ) -> Catalogue:
        """The shipped table alone."""
        return cls.from_config(Config(), environ)

    @classmethod
    def from_config(cls, config: Config, environ: Mapping[str, str] = os.environ) -> Catalogue:
        """The shipped table with the operator's laid over it.

        Raises:
            ConfigError: a table has mistakes; all of them are named.
        """
        mistakes: Mistakes = []
        vendors, servers = read_vendors(config, environ, mistakes)
        if mistakes:
            raise ConfigError(config.file or "oauth/vendors/vendors.toml", tuple(mistakes))
        if config.auth.vendors is None:
            ours = config.vendors
            wanted = [name for name, vendor in vendors.items() if _can_begin(vendor, environ, ours=name in ours)]
        else:
            wanted = list(dict.fromkeys(config.auth.vendors))
        accepted = config.auth.accept_risk
        offered = tuple(name for name in wanted if vendors[name].risk == "ok" or name in accepted)
        token_variables = variables_in(config.discord.get("bot_token"))
        return cls(vendors, offered, environ, servers, config.auth, token_variables=token_variables)

    @property
    def takes_servers(self) -> bool:
        """Whether people may add servers."""
        return self._auth.mcp_add

    def with_added(self, added: Mapping[str, AddedServer]) -> Catalogue:
        """The same with the servers that people added, which are offered only while that is allowed.

        One that the config's own servers or vendors leave no name for, or that the config would refuse, is left out.
        """
        if not added:
            return self
        if self._last and added == self._last[0]:
            return self._last[1]
        servers, taken = dict(self._servers), self._taken()
        for name, one in added.items():
            with suppress(ServerNotAddedError):
                servers[name] = self._read(name, one, taken)
                taken |= owners(servers=[servers[name]])
        ours = self._token_variables
        found = Catalogue(self._rows, self._listed, self._environ, servers, self._auth, token_variables=ours)
        self._last = (dict(added), found)
        return found

    def as_of(self, store: Store) -> Catalogue:
        """As `with_added`, of this store; what cannot be read of it is left out, which `Store.problems` tells."""
        try:
            return self.with_added(store.servers())
        except StorageError:
            return self

    def admit(self, name: str, server: AddedServer) -> McpServer:
        """The server as it would be with all that is here.

        Raises:
            ServerNameError, ServerNameTakenError, ServerAddressError: it cannot be added.
        """
        return self._read(name, server, self._taken())

    def owner_of(self, name: str) -> str | None:
        """What a name means here already, in capitals or not, for people to read."""
        return self._taken().get(name.casefold())

    def _taken(self) -> dict[str, str]:
        return owners(self._rows.values(), self._servers.values())

    def _read(self, name: str, server: AddedServer, taken: Mapping[str, str]) -> McpServer:
        return read_added(name, server, taken=taken, http_loopback=self._auth.allow_http_loopback)

    def get(self, name: str) -> Vendor:
        """The offered vendor of this name; an MCP server is `mcp:NAME`, and known of it is only its table.

        Raises:
            UnknownVendorError: there is none, or it is not offered here.
            RiskNotAcceptedError: the operator has not accepted its risk.
            NoLoginError: its tokens stay in the environment.
        """
        vendor = self._vendors.get(name)
        if vendor is not None and not rules_of(vendor).needs_login:
            raise NoLoginError(vendor.title, vendor.env, vendor.note)
        if vendor is not None and name in self._offered:
            return vendor
        if vendor is not None and vendor.risk != "ok":
            raise RiskNotAcceptedError(name, vendor.risk)
        raise UnknownVendorError(name, self._offered)

    def find(self, tenant_or_name: str) -> Vendor | None:
        """The vendor of this name or tenant, offered or not."""
        return self._vendors.get(tenant_or_name) or self._by_tenant.get(Tenant(tenant_or_name))

    def title_of(self, tenant_or_name: str) -> str:
        """How the vendor of this name, or of these logins, is called; a word that means none stays as it is."""
        found = self.find(tenant_or_name)
        return found.title if found else tenant_or_name

    def server(self, tenant_or_name: str) -> McpServer | None:
        """The MCP server of this name, with `mcp:` before it or without."""
        return self._servers.get(bare_name(tenant_or_name))

    def servers(self) -> tuple[McpServer, ...]:
        """Every MCP server."""
        return tuple(self._servers.values())

    def vendor_of(self, tenant: str) -> Vendor | None:
        """The vendor whose logins lie under this very tenant, whatever other vendors are called."""
        return self._by_tenant.get(Tenant(tenant))

    def without_secrets(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what a vendor's own program inherits: no bot's token, no secret, no relative folder of PATH."""
        of_vendors = {one.client_secret_env for one in self._vendors.values()}
        of_servers = {one.client_secret_env for one in self._servers.values()}
        held_back = self._token_variables | of_vendors | of_servers
        inherited = {name: value for name, value in environ.items() if name not in held_back}
        return inherited | {"PATH": absolute_path(environ)}

    def tenant_of(self, tenant_or_name: str) -> Tenant:
        """The tenant of the vendor of this name; any other word is a tenant itself."""
        vendor = self._vendors.get(tenant_or_name)
        return vendor.tenant if vendor else Tenant(tenant_or_name)

    def offered(self) -> tuple[Vendor, ...]:
        """The vendors that people may log in to, in the operator's order."""
        return tuple(self._vendors[name] for name in self._offered)

    def all(self) -> tuple[Vendor, ...]:
        """Every vendor of both tables."""
        return tuple(self._vendors.values())

    def held(self, tenant: str | None = None) -> tuple[tuple[Vendor, str], ...]:
        """The vendors whose token the environment holds, each with its variable: those offered, or without a login."""
        vendors = self.all() if tenant is None else tuple(filter(None, [self.find(tenant)]))
        if tenant is None:
            vendors = tuple(one for one in vendors if one.name in self._offered or not rules_of(one).needs_login)
        return tuple((vendor, name) for vendor in vendors if (name := self.shadowed_by(vendor)))

    def shadowed_by(self, vendor: Vendor) -> str | None:
        """The variable that the vendor's own tools read before any stored login, if one is set here."""
        return next((name for name in vendor.env if self._environ.get(name)), None)


def read_vendors(
    config: Config, environ: Mapping[str, str], mistakes: Mistakes
) -> tuple[dict[str, Vendor], dict[str, McpServer]]:
    """Both tables as one, and the MCP servers; what is wrong in them or in `[auth]` goes to `mistakes`."""
    shipped = tomllib.loads((files("openab_auth.oauth.vendors") / "vendors.toml").read_text(encoding="utf-8"))
    vendors = {
        name: parse_vendor(name, _row(name, shipped, config.vendors), environ, mistakes, at=f"vendors.{name}")
        for name in [*shipped, *(name for name in config.vendors if name not in shipped)]
    }
    _check_tenants(vendors, shipped, mistakes)
    for key, names in (("auth.vendors", config.auth.vendors or ()), ("auth.accept_risk", config.auth.accept_risk)):
        mistakes += [(key, f"there is no vendor {name!r}") for name in names if name not in vendors]
    http_loopback = config.auth.allow_http_loopback
    tables: dict[str, Mapping[str, object]] = {}
    if config.auth.mcp_json:
        taken = {word.casefold() for one in vendors.values() for word in (one.name, one.tenant)}
        tables |= read_openab(config.auth.mcp_json, environ, mistakes, taken=taken, http_loopback=http_loopback)
    tables |= {name: {**tables.get(name, {}), **table} for name, table in config.mcp.items()}
    servers = read_servers(tables, vendors.values(), environ, mistakes, http_loopback=http_loopback)
    return vendors, servers


def _row(name: str, *tables: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    """One vendor's keys, the operator's over the shipped; a row that shares a shipped vendor's tenant moves with it."""
    shipped, ours = (table.get(name, {}) for table in tables)
    base = tables[1].get(str(shipped.get("tenant", "")), {})
    moved = {"tenant": base["tenant"]} if "tenant" in base else {}
    return {**shipped, **moved, **ours}


def _can_begin(vendor: Vendor, environ: Mapping[str, str], *, ours: bool) -> bool:
    """Whether a login can be begun here at all: an offer of what cannot would only disappoint.

    `ours`: the operator has a table for it, so a program that is missing is a mistake to be told.
    """
    rules = rules_of(vendor)
    return rules.needs_login and (ours or rules.can_begin(vendor, environ))


def _check_tenants(
    vendors: Mapping[str, Vendor], shipped: Mapping[str, Mapping[str, object]], mistakes: Mistakes
) -> None:
    """Two vendors under one tenant would overwrite each other's login, and a name that is another's tenant hides it."""
    owners: dict[str, Vendor] = {}
    for vendor in vendors.values():
        for word in {vendor.tenant, vendor.name}:
            owner = owners.setdefault(word, vendor)
            if owner is not vendor and not _are_one(owner, vendor, shipped):
                reason = f"{word!r} belongs to the vendor {owner.name} already"
                mistakes.append((f"vendors.{vendor.name}.tenant", reason))


def _are_one(one: Vendor, other: Vendor, shipped: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether both rows begin the same login in different ways, so that either can renew what the other began."""
    if one.tenant != other.tenant:
        return False
    if one.name in shipped and other.name in shipped:
        return shipped[other.name].get("tenant") == shipped[one.name].get("tenant", one.name)
    same_client = bool(one.client_id) and (one.client_id, one.token_url) == (other.client_id, other.token_url)
    return same_client and one.flow != other.flow
