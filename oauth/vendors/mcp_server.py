"""Describe a remote MCP server, and check it: an `[mcp.NAME]` table of the operator, or an addition from Discord."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from openab_auth.oauth.config import (
    AuthSettings,
    ConfigMistakes,
    ConfigTable,
    environment_value,
    replace_variables,
    without_blanks,
)
from openab_auth.oauth.errors import ServerAddressError, ServerNameError, ServerNameTakenError
from openab_auth.oauth.http import (
    NetworkPolicy,
    host_of,
    is_loopback,
    read_network_policy,
    shorten_host,
    why_ambiguous,
    why_unsafe,
)
from openab_auth.oauth.vendors.account_labels import label_title, with_label
from openab_auth.oauth.vendors.server_names import VendorName, full_name
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.oauth.vendors.vendor_table import read_url, read_variable
from openab_auth.storage.entries import NEVER, Tenant, UserId
from openab_auth.storage.errors import InvalidTenantError
from openab_auth.storage.format import check_tenant
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret

DEFAULT_REDIRECT: Final = "http://localhost:53682/callback"
AuthMethod: TypeAlias = Literal["none", "client_secret_basic", "client_secret_post"]
AUTH_METHODS: Final = ("none", "client_secret_basic", "client_secret_post")
_LONGEST_URL: Final = 2000  # characters
SERVER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # as in the configs of agents


@dataclass(frozen=True, slots=True)
class McpServer:
    """Hold the settings of one server; the server's metadata replaces empty settings.

    `added_by` is the person who added the server from Discord, and None for a server of the operator. An added server
    has the default settings, except for its address. `label` is that of one more account at the server.
    `secret_problem` is why the file in `client_secret_file` gave no secret.
    """

    name: str
    url: str
    issuer: str = ""
    client_id: str = ""
    client_id_env: str = ""
    client_secret: Secret | None = None
    client_secret_env: str = ""
    client_secret_file: str = ""
    secret_problem: str = ""
    token_endpoint_auth_method: AuthMethod | Literal[""] = ""
    client_metadata_url: str = ""
    client_name: str = "openab-auth"
    client_uri: str = ""
    redirect_uri: str = DEFAULT_REDIRECT
    scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    send_resource: bool = True
    scope_in_refresh: bool = False
    pkce: Literal["", "unannounced"] = ""  # "unannounced": the metadata does not say that S256 works, the operator does
    token_lifetime: int | None = None  # seconds, if a token response names no end; None: nobody knows
    network_policy: NetworkPolicy = field(default_factory=NetworkPolicy)
    added_by: UserId | None = None
    label: str = ""

    def of_account(self, label: str) -> McpServer:
        """Return the server with the account of this label, whose client, login and pending logins are its own."""
        return replace(self, label=label)

    @property
    def vendor_name(self) -> VendorName:
        """Return the name that people type, and that a pending login holds: `mcp:NAME`, or `mcp:NAME@label`."""
        return VendorName(with_label(full_name(self.name), self.label))

    @property
    def tenant(self) -> Tenant:
        """Return the key of the server's login in the store: the bare name, as the Rust agents expect it."""
        return Tenant(with_label(self.name, self.label))

    @property
    def title(self) -> str:
        """Return the name for people; if a person added the server, with its host: the name may be meant to mislead."""
        kind = "MCP" if self.added_by is None else f"MCP at {shorten_host(self.host)}"
        return label_title(f"{self.name} ({kind})", self.label)

    @property
    def vendor(self) -> Vendor:
        """Return the server's row among the vendors, before anything is known of its authorization server."""
        return Vendor(
            name=self.vendor_name,
            title=self.title,
            tenant=self.tenant,
            flow="mcp",
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            network_policy=self.network_policy,
            label=self.label,
        )

    @property
    def how_to_give_secret(self) -> str:
        """Return what an operator does about a missing client secret."""
        if self.secret_problem:
            return f"repair client_secret_file of [mcp.{self.name}]: {self.secret_problem}"
        return f"set {self.client_secret_env or 'client_secret_env'} for [mcp.{self.name}]"

    @property
    def host(self) -> str:
        """Return the host of the address, with its port if that is not the default port."""
        return host_of(self.url)

    def may_use(self, url: str) -> bool:
        """Return whether an endpoint may be at `url`: https, or http to this machine if the test option allows it.

        A very long address is refused: it would be stored with every pending login and make commits slower. The
        endpoints of an added server must be unambiguous, because people see their hosts.
        """
        if len(url) > _LONGEST_URL or why_unsafe(url) is not None or (self.added_by is not None and why_ambiguous(url)):
            return False
        return url.lower().startswith("https:") or self.network_policy.http_loopback


_OURS: Final = frozenset(
    {"name", "client_secret", "secret_problem", "network_policy", "added_by", "label"}
)  # not keys of a table
KEYS: Final = ({one.name for one in fields(McpServer)} - _OURS) | {"allow_private_hosts"}


def server_policy(auth: AuthSettings) -> NetworkPolicy:
    """Return the network policy of every server, before its own table allows private hosts."""
    return NetworkPolicy(http_loopback=auth.allow_http_loopback, proxied=auth.mcp_proxy)


def read_server(  # noqa: PLR0913 - the parts of a config
    name: str,
    values: Mapping[str, object],
    taken: Mapping[str, str],
    environ: Mapping[str, str],
    mistakes: ConfigMistakes,
    *,
    base: NetworkPolicy,
    file: str = "",
) -> McpServer:
    """Return the server of a table of the config `file`, and note its mistakes; it may have no name in `taken`."""
    at = f"mcp.{name}"
    found = replace_variables(values, at, environ, mistakes)
    server = _parse(name, found, environ, mistakes, base=base, file=file)
    if owner := taken.get(name.casefold()):
        mistakes.append((at, f"the server needs another name, because {owner} has this one"))
    return server


def read_added_server(name: str, added: AddedServer, *, taken: Mapping[str, str], base: NetworkPolicy) -> McpServer:
    """Return the server that a person added, checked by the rules of a table that has only `url`.

    Its address must be unambiguous, because people decide by it. No `${VARIABLE}` is replaced in it: that would send
    the environment to the person who runs the server.

    Raises:
        ServerNameError, ServerNameTakenError, ServerAddressError: the server breaks a rule.
    """
    mistakes: ConfigMistakes = []
    server = _parse(name, {"url": added.url}, {}, mistakes, base=base)
    for key, reason in mistakes:
        said = reason.partition(" (for tests")[0]  # the rest is advice for the operator
        raise ServerNameError(said) if key == f"mcp.{name}" else ServerAddressError(said)
    if unclear := why_ambiguous(server.url):
        raise ServerAddressError(unclear)
    if owner := taken.get(name.casefold()):
        raise ServerNameTakenError(name, owner)
    return replace(server, added_by=added.added_by)


def _parse(  # noqa: PLR0913 - as above
    name: str,
    values: Mapping[str, object],
    environ: Mapping[str, str],
    mistakes: ConfigMistakes,
    *,
    base: NetworkPolicy,
    file: str = "",
) -> McpServer:
    table = ConfigTable(values, f"mcp.{name}", mistakes)
    table.only(KEYS)
    _check_name(name, mistakes)
    client_id_env, secret_env = read_variable(table, "client_id_env"), read_variable(table, "client_secret_env")
    secret, problem = _secret(table, environment_value(environ, secret_env), environ, file)
    policy, wrong = read_network_policy(table.texts("allow_private_hosts"), base)
    if wrong:
        table.wrong("allow_private_hosts", f"{wrong[0][:80]!r} is neither a host name nor a network")
    method = table.one_of("token_endpoint_auth_method", ("", *AUTH_METHODS), "")
    server = McpServer(
        name=name,
        url=read_url(table, "url"),
        issuer=read_url(table, "issuer"),
        client_id=environment_value(environ, client_id_env) or without_blanks(table.text("client_id")),
        client_id_env=client_id_env,
        client_secret=secret,
        client_secret_env=secret_env,
        client_secret_file=table.text("client_secret_file"),
        secret_problem=problem,
        token_endpoint_auth_method=cast("AuthMethod | Literal['']", method),
        client_metadata_url=read_url(table, "client_metadata_url"),
        client_name=table.text("client_name", "openab-auth"),
        client_uri=read_url(table, "client_uri"),
        redirect_uri=read_url(table, "redirect_uri", DEFAULT_REDIRECT),
        scopes=table.texts("scopes"),
        authorize_params=table.fields("authorize_params"),
        send_resource=table.flag("send_resource", default=True),
        scope_in_refresh=table.flag("scope_in_refresh"),
        pkce=cast("Literal['', 'unannounced']", table.one_of("pkce", ("", "unannounced"), "")),
        token_lifetime=_token_lifetime(table, values),
        network_policy=policy,
    )
    _check(table, server)
    return server


def _secret(
    table: ConfigTable, from_environment: str, environ: Mapping[str, str], file: str
) -> tuple[Secret | None, str]:
    """Return the client's secret, of the environment or of its file; and why the file gave none.

    That is no mistake of the table: an agent that may not read the file can use this config, too.
    """
    path = table.text("client_secret_file")
    if from_environment or not path:
        return Secret(from_environment) if from_environment else None, ""
    from openab_auth.oauth.config import SecretFileError, read_secret_file  # noqa: PLC0415 - few servers have one

    try:
        return read_secret_file(path, environ, file=file), ""
    except SecretFileError as error:
        return None, f"its file {error.reason}"


def _token_lifetime(table: ConfigTable, values: Mapping[str, object]) -> int | None:
    """Return the seconds at `token_lifetime`; NEVER for "unknown": the token is served until a server refuses it."""
    return NEVER if values.get("token_lifetime") == "unknown" else table.number("token_lifetime", None)


def _check_name(name: str, mistakes: ConfigMistakes) -> None:
    at = f"mcp.{name}"
    if not SERVER_NAME.fullmatch(name):
        mistakes.append((at, "a server's name is at most 32 letters, digits, '.', '_' and '-'"))
        return
    try:
        check_tenant(name)  # the lock that its refresh will need
    except InvalidTenantError as error:
        mistakes.append((at, error.reason))


def _check(table: ConfigTable, server: McpServer) -> None:
    """Note keys that contradict each other."""
    if not server.url:
        table.wrong("url", "is missing")
    for key, url in (("url", server.url), ("issuer", server.issuer)):
        if url and not server.may_use(url):
            table.wrong(key, "must be https (for tests, [auth] allow_http_loopback allows http on this machine)")
    if "?" in server.issuer:
        table.wrong("issuer", "must not have a query")  # RFC 8414 2
    if server.client_metadata_url and not _is_document(server.client_metadata_url):
        table.wrong("client_metadata_url", "must be https, with a path and without a query")
    sends_secret = server.token_endpoint_auth_method.startswith("client_secret")
    named = server.client_secret_env or server.client_secret_file
    if sends_secret and server.client_id and not named:
        table.wrong("client_secret_env", "is missing: this token_endpoint_auth_method needs a secret")
    if named and not (server.client_id or server.client_id_env):
        key = "client_secret_env" if server.client_secret_env else "client_secret_file"
        table.wrong("client_id", f"is missing: {key} alone identifies nobody")
    if server.redirect_uri.startswith("http:") and not is_loopback(urlsplit(server.redirect_uri).hostname or ""):
        table.wrong("redirect_uri", "must be https, or http on localhost or 127.0.0.1")


def _is_document(url: str) -> bool:
    """Return whether this can be the URL of a client ID metadata document, which is also the client id."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.path not in ("", "/") and not parts.query
