"""Look up vendors and MCP servers: from the shipped table, from the config, and those that people added."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from openab_auth.oauth.config import AuthSettings, Config, absolute_path, environment_value, variables_in
from openab_auth.oauth.errors import (
    LabelError,
    NoLoginError,
    OAuthError,
    ProgramMissingError,
    ProgramsOnlyAccountError,
    RiskNotAcceptedError,
    SecretMissingError,
    ServerNotAddedError,
    UnknownVendorError,
)
from openab_auth.oauth.vendors.account_labels import base_of, row_of_account
from openab_auth.oauth.vendors.flow_rules import rules_of
from openab_auth.oauth.vendors.server_names import VendorName, bare_name
from openab_auth.oauth.vendors.tables import read_tables
from openab_auth.oauth.vendors.taken_names import owners_of_names
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage.entries import LoginEntry, McpEntry, Tenant
from openab_auth.storage.errors import StorageError

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.mcp_server import McpServer
    from openab_auth.storage.reader import Problem, StoreReader
    from openab_auth.storage.records.servers import AddedServer


class Catalogue:
    """Hold every vendor and MCP server, and know which of them people may log in to.

    `vendors` are the rows by name. `offered` are the names of the vendors that people may log in to; a vendor without
    its client secret is left out. `auth` is the `[auth]` table. `token_variables` are the environment
    variables that hold the bot's own token. `has_config` says whether the process has an operator's config. `problems`
    tell which MCP servers are missing because a file could not be read.
    """

    def __init__(  # noqa: PLR0913 - the parts of the config
        self,
        vendors: Mapping[str, Vendor],
        offered: tuple[str, ...],
        environ: Mapping[str, str],
        servers: Mapping[str, McpServer] | None = None,
        auth: AuthSettings = AuthSettings(),  # noqa: B008 - frozen
        *,
        token_variables: frozenset[str] = frozenset(),
        has_config: bool = False,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        self.has_config, self.problems = has_config, problems
        self._rows, self._listed, self.auth = vendors, offered, auth
        self._servers = servers or {}
        of_servers: dict[str, Vendor] = {one.vendor_name: one.vendor for one in self._servers.values()}
        self._vendors = {**vendors, **of_servers}
        self._environ = environ
        self._token_variables = token_variables | {"DISCORD_TOKEN", "OPENAB_AUTH_BROKER_KEY"}
        self._last: tuple[Mapping[str, AddedServer], Catalogue] | None = None  # autocompletion asks at each keystroke
        self._by_tenant: dict[str, Vendor] = {
            one.tenant: one for one in [*self._vendors.values()][::-1]
        }  # the first row of a tenant counts

    @cached_property
    def _offered(self) -> tuple[str, ...]:
        """Return the names of the offered vendors; only this looks for the secrets of installed apps."""
        ready = (name for name in self._listed if not self._vendors[name].lacks_secret)
        allowed = (one for one in self._servers.values() if one.added_by is None or self.auth.mcp_add)
        return (*ready, *(one.vendor_name for one in allowed))

    @classmethod
    def shipped(cls, environ: Mapping[str, str] = os.environ) -> Catalogue:
        """Return the catalogue of the shipped table alone."""
        return cls.from_config(Config(), environ)

    @classmethod
    def from_config(cls, config: Config, environ: Mapping[str, str] = os.environ) -> Catalogue:
        """Return the catalogue of the shipped table and the operator's config, which may override single keys.

        Raises:
            ConfigError: the config has mistakes; all of them are named.
        """
        tables = read_tables(config, environ)
        vendors = tables.vendors
        if config.auth.vendors is None:
            ours = config.vendors
            wanted = [name for name, vendor in vendors.items() if _can_begin(vendor, environ, ours=name in ours)]
        else:
            wanted = list(dict.fromkeys(config.auth.vendors))
        accepted = config.auth.accept_risk
        offered = tuple(name for name in wanted if vendors[name].risk == "ok" or name in accepted)
        token_variables = variables_in(config.discord.get("bot_token"))
        return cls(
            vendors,
            offered,
            environ,
            tables.servers,
            config.auth,
            token_variables=token_variables,
            has_config=config != Config(),
            problems=tables.problems,
        )

    @property
    def accepts_servers(self) -> bool:
        """Return whether people may add servers."""
        return self.auth.mcp_add

    def with_added(self, added: Mapping[str, AddedServer]) -> Catalogue:
        """Return a catalogue that also holds the servers in `added`; they are offered only if people may add servers.

        A server is left out if its name is taken by now, or if it breaks a rule of the config.
        """
        if not added:
            return self
        if self._last and added == self._last[0]:
            return self._last[1]
        servers, taken = dict(self._servers), self._taken()
        for name, one in added.items():
            with suppress(ServerNotAddedError):
                servers[name] = self._read(name, one, taken)
                taken |= owners_of_names(servers=[name])
        found = Catalogue(
            *(self._rows, self._listed, self._environ, servers, self.auth),
            token_variables=self._token_variables,
            has_config=self.has_config,
            problems=self.problems,
        )
        self._last = (dict(added), found)
        return found

    def with_servers_of(self, store: StoreReader) -> Catalogue:
        """Return `with_added` for the servers in `store`; without them if they cannot be read."""
        try:
            return self.with_added(store.servers())
        except StorageError:
            return self

    def read_new_server(self, name: str, server: AddedServer) -> McpServer:
        """Check a server that a person wants to add, and return it.

        Raises:
            ServerNameError, ServerNameTakenError, ServerAddressError: the server cannot be added.
        """
        return self._read(name, server, self._taken())

    def owner_of(self, name: str) -> str | None:
        """Return who owns a name, in words for people, or None; upper and lower case are the same."""
        return self._taken().get(name.casefold())

    def _taken(self) -> dict[str, str]:
        return owners_of_names(self._rows.values(), self._servers)

    def _read(self, name: str, server: AddedServer, taken: Mapping[str, str]) -> McpServer:
        from openab_auth.oauth.vendors.mcp_server import (  # noqa: PLC0415 - most stores have none
            read_added_server,
            server_policy,
        )

        return read_added_server(name, server, taken=taken, base=server_policy(self.auth))

    def get(self, name: str) -> Vendor:
        """Return the offered vendor of this name; that of an MCP server is `mcp:NAME`, of an account `NAME@label`.

        Raises:
            OAuthError: the vendor is not offered here; `refusal` lists the reasons.
        """
        vendor = self.named(VendorName(name))
        if vendor is None:
            raise self._unknown(name)
        if vendor.default_name not in self._offered:
            raise self._why_not_offered(vendor)
        return vendor

    def refusal(self, name: str) -> OAuthError | None:
        """Return why nobody can log in to this vendor here, or None if the vendor is offered.

        - UnknownVendorError: the vendor does not exist, or the operator does not offer it.
        - NoLoginError: the vendor has no login here; its tokens are environment variables.
        - RiskNotAcceptedError: the operator has not accepted the vendor's risk.
        - SecretMissingError: the vendor's client needs a secret, and none was found.
        - ProgramMissingError: the vendor's own login program is not installed.
        """
        vendor = self.named(VendorName(name))
        if vendor is None:
            return self._unknown(name)
        return None if vendor.default_name in self._offered else self._why_not_offered(vendor)

    def _unknown(self, name: str) -> UnknownVendorError:
        base, _, label = name.rpartition("@")
        if label and (vendor := self._vendors.get(base)):
            if rules_of(vendor).runs_program:
                return ProgramsOnlyAccountError(vendor.name, vendor.title)
            return LabelError(base, label)
        return UnknownVendorError(name, self._offered, lost="; ".join(problem.what for problem in self.problems))

    def _why_not_offered(self, vendor: Vendor) -> OAuthError:
        name = vendor.default_name
        if not rules_of(vendor).needs_login:
            return NoLoginError(vendor.title, vendor.env, vendor.note)
        if vendor.risk != "ok" and name not in self.auth.accept_risk:
            return RiskNotAcceptedError(name, vendor.risk, vendor.note)
        if self.auth.vendors is not None and name not in self.auth.vendors:
            return UnknownVendorError(name, self._offered)
        if vendor.lacks_secret:
            return SecretMissingError(
                name, vendor.client_secret_env, vendor.secret_problem, file=vendor.client_secret_file
            )
        if not rules_of(vendor).can_begin(vendor, self._environ):
            return ProgramMissingError(name, vendor.command[0])
        return UnknownVendorError(name, self._offered)

    def named(self, name: VendorName) -> Vendor | None:
        """Return the vendor of this name, offered or not; None if there is none. Tenants do not count.

        A vendor whose own program keeps the login has one account, so a name with a label means nothing there.
        """
        row = row_of_account(name, self._vendors)
        return None if row is not None and row.label and rules_of(row).runs_program else row

    def vendor_of(self, tenant: Tenant) -> Vendor | None:
        """Return the vendor whose logins have this tenant; names of vendors do not count."""
        return row_of_account(tenant, self._by_tenant)

    def has_table_for(self, tenant: Tenant) -> bool:
        """Return whether the operator's config has a table for logins under this tenant."""
        tenants = {tenant, base_of(tenant)}
        return any(one.in_config for one in self._rows.values() if one.tenant in tenants)

    def token_variables(self) -> frozenset[str]:
        """Return the variables that hold tokens of vendors, or the bot's own."""
        return self._token_variables.union(*(one.env for one in self._vendors.values()))

    def foreign_variables(self, tenant: Tenant) -> frozenset[str]:
        """Return the variables with tokens, and those with the client secrets of all vendors but this tenant's."""
        vendor = self.vendor_of(tenant)
        return self.token_variables() | self._secret_variables() - {vendor.client_secret_env if vendor else ""}

    def row_of(self, tenant: Tenant, entry: LoginEntry) -> Vendor | None:
        """Return the row that renews and ends a stored login; None if there is none.

        The entry of a server's login has its own shape. So a server never gets the token of a vendor that the config no
        longer has, and a vendor never gets a server's.
        """
        server = self.server_of(tenant)
        if isinstance(entry, McpEntry):
            return server.vendor if server else None
        return None if server else self.vendor_of(tenant)

    def server_named(self, name: VendorName) -> McpServer | None:
        """Return the MCP server of this name, `mcp:NAME`; None if there is none."""
        return row_of_account(bare_name(name), self._servers)

    def server_of(self, tenant: Tenant) -> McpServer | None:
        """Return the MCP server whose logins may have this tenant: the bare name, or `mcp:NAME` from other programs."""
        return row_of_account(bare_name(tenant), self._servers)

    def servers(self) -> tuple[McpServer, ...]:
        """Return every MCP server."""
        return tuple(self._servers.values())

    def program_environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment for a vendor's program, without secrets, the bot's token and relative PATH folders."""
        held_back = self._token_variables | self._secret_variables()
        inherited = {name: value for name, value in environ.items() if name not in held_back}
        return inherited | {"PATH": absolute_path(environ)}

    def _secret_variables(self) -> frozenset[str]:
        of_vendors = {one.client_secret_env for one in self._vendors.values()}
        return frozenset(of_vendors.union(one.client_secret_env for one in self._servers.values()))

    def offered(self) -> tuple[Vendor, ...]:
        """Return the vendors that people may log in to, in the operator's order."""
        return tuple(self._vendors[name] for name in self._offered)

    def all(self) -> tuple[Vendor, ...]:
        """Return every vendor, offered or not."""
        return tuple(self._vendors.values())

    def variables_in_use(self) -> tuple[tuple[Vendor, str], ...]:
        """Return the vendors whose token is set in the environment, each with its variable.

        Only offered vendors and vendors without a login are looked at.
        """
        return tuple(
            (vendor, name)
            for vendor in self.all()
            if (name := self.shadowed_by(vendor)) and (not rules_of(vendor).needs_login or vendor.name in self._offered)
        )

    def shadowed_by(self, vendor: Vendor) -> str | None:
        """Return the set variable that the vendor's own tools prefer to a stored login, or None."""
        return next((name for name in vendor.env if environment_value(self._environ, name)), None)


def _can_begin(vendor: Vendor, environ: Mapping[str, str], *, ours: bool) -> bool:
    """Return whether a login can begin here.

    With `ours` the operator has a table for this vendor: then a missing program is an error to show, not a reason to
    hide the vendor.
    """
    rules = rules_of(vendor)
    return rules.needs_login and (ours or rules.can_begin(vendor, environ))
