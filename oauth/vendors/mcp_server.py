"""A remote MCP server as the operator names it under `[mcp.NAME]`, or a person from Discord, and the checks on both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from openab_auth.oauth.config.table import Mistakes, Table
from openab_auth.oauth.config.variables import replaced
from openab_auth.oauth.errors import ServerAddressError, ServerNameError, ServerNameTakenError
from openab_auth.oauth.http.network_policy import NetworkPolicy, parse_reach
from openab_auth.oauth.http.urls import ambiguity, host_of, is_loopback, shown_host, url_mistake
from openab_auth.oauth.vendors.server_names import full_name
from openab_auth.oauth.vendors.vendor import Vendor, url_at, variable_at
from openab_auth.storage.entries import Tenant, UserId
from openab_auth.storage.errors import InvalidTenantError
from openab_auth.storage.format import check_tenant
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret

DEFAULT_REDIRECT: Final = "http://localhost:53682/callback"
AuthMethod: TypeAlias = Literal["none", "client_secret_basic", "client_secret_post"]
AUTH_METHODS: Final = ("none", "client_secret_basic", "client_secret_post")
_LONGEST_URL: Final = 2000  # characters
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # as agents' own configs spell them


@dataclass(frozen=True, slots=True)
class McpServer:
    """One server; what is empty is found out from the server itself.

    `added_by` is who added it from Discord; None for the operator's own. Of such a server the address alone is known.
    """

    name: str
    url: str
    issuer: str = ""
    client_id: str = ""
    client_id_env: str = ""
    client_secret: Secret | None = None
    client_secret_env: str = ""
    token_endpoint_auth_method: AuthMethod | Literal[""] = ""
    client_metadata_url: str = ""
    client_name: str = "openab-auth"
    client_uri: str = ""
    redirect_uri: str = DEFAULT_REDIRECT
    scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    send_resource: bool = True
    scope_in_refresh: bool = False
    reach: NetworkPolicy = field(default_factory=NetworkPolicy)
    added_by: UserId | None = None

    @property
    def vendor_name(self) -> str:
        """What people type, and what stands in a pending login."""
        return full_name(self.name)

    @property
    def tenant(self) -> Tenant:
        """The key of its login: the bare name, under which the Rust agents look."""
        return Tenant(self.name)

    @property
    def vendor(self) -> Vendor:
        """The server among the vendors, before anything is known of its authorization server.

        The title of one that a person added says where it is: its name may be meant to mislead.
        """
        return Vendor(
            name=self.vendor_name,
            title=f"{self.name} (MCP)" if self.added_by is None else f"{self.name} (MCP at {shown_host(self.host)})",
            tenant=self.tenant,
            flow="mcp",
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            reach=self.reach,
        )

    @property
    def host(self) -> str:
        """The host of its address, and the port if it has one."""
        return host_of(self.url)

    def may_use(self, url: str) -> bool:
        """Whether an endpoint may be at `url`: https, or http to this machine where the test option allows it.

        One longer than any server needs is none: it would be kept beside every link, and make each commit slower.
        What a server that a person added names is read in one way only, as its own address is: people are shown it.
        """
        if len(url) > _LONGEST_URL or url_mistake(url) is not None or (self.added_by is not None and ambiguity(url)):
            return False
        return url.lower().startswith("https:") or self.reach.http_loopback


_OURS: Final = frozenset({"name", "client_secret", "reach", "added_by"})  # no keys of a table
KEYS: Final = ({one.name for one in fields(McpServer)} - _OURS) | {"allow_private_hosts"}


def read_servers(
    tables: Mapping[str, Mapping[str, object]],
    vendors: Iterable[Vendor],
    environ: Mapping[str, str],
    mistakes: Mistakes,
    *,
    http_loopback: bool,
) -> dict[str, McpServer]:
    """The servers by name; what is wrong goes to `mistakes`. No server bears a vendor's name or tenant."""
    taken = owners(vendors)
    servers: dict[str, McpServer] = {}
    for name, values in tables.items():
        at = f"mcp.{name}"
        found = replaced(values, at, environ, mistakes)
        servers[name] = _parse(name, found, environ, mistakes, http_loopback=http_loopback)
        if owner := taken.get(name.casefold()):
            mistakes.append((at, f"the name belongs to {owner}; give the server another one"))
        taken |= owners(servers=[servers[name]])
    return servers


def owners(vendors: Iterable[Vendor] = (), servers: Iterable[McpServer] = ()) -> dict[str, str]:
    """What each name means already, for people to read; the names without case, as some file systems take them."""
    words = {word.casefold(): f"the vendor {one.name}" for one in vendors for word in (one.name, one.tenant)}
    return words | {one.name.casefold(): f"the server {one.name}" for one in servers}


def read_added(name: str, added: AddedServer, *, taken: Mapping[str, str], http_loopback: bool) -> McpServer:
    """The server that a person added, by the rules of a table that has nothing but `url`.

    Its address must say to every reader what it says to the one that connects: it is all that people are shown. No
    `${VARIABLE}` is replaced in it: that would send the environment to whoever runs the server.

    Raises:
        ServerNameError, ServerNameTakenError, ServerAddressError: which rule it breaks.
    """
    mistakes: Mistakes = []
    server = _parse(name, {"url": added.url}, {}, mistakes, http_loopback=http_loopback)
    for key, reason in mistakes:
        said = reason.partition(";")[0]  # what follows is for who writes the config
        raise ServerNameError(said) if key == f"mcp.{name}" else ServerAddressError(said)
    if unclear := ambiguity(server.url):
        raise ServerAddressError(unclear)
    if owner := taken.get(name.casefold()):
        raise ServerNameTakenError(name, owner)
    return replace(server, added_by=added.added_by)


def _parse(
    name: str, values: Mapping[str, object], environ: Mapping[str, str], mistakes: Mistakes, *, http_loopback: bool
) -> McpServer:
    table = Table(values, f"mcp.{name}", mistakes)
    table.only(KEYS)
    _check_name(name, mistakes)
    client_id_env, secret_env = variable_at(table, "client_id_env"), variable_at(table, "client_secret_env")
    secret = environ.get(secret_env) if secret_env else None
    reach, wrong = parse_reach(table.texts("allow_private_hosts"), http_loopback=http_loopback)
    if wrong:
        table.wrong("allow_private_hosts", f"{wrong[0][:80]!r} is no host's name and no network")
    method = table.one_of("token_endpoint_auth_method", ("", *AUTH_METHODS), "")
    server = McpServer(
        name=name,
        url=url_at(table, "url"),
        issuer=url_at(table, "issuer"),
        client_id=(environ.get(client_id_env, "") if client_id_env else "") or table.text("client_id"),
        client_id_env=client_id_env,
        client_secret=Secret(secret) if secret else None,
        client_secret_env=secret_env,
        token_endpoint_auth_method=cast("AuthMethod | Literal['']", method),
        client_metadata_url=url_at(table, "client_metadata_url"),
        client_name=table.text("client_name", "openab-auth"),
        client_uri=url_at(table, "client_uri"),
        redirect_uri=url_at(table, "redirect_uri", DEFAULT_REDIRECT),
        scopes=table.texts("scopes"),
        authorize_params=table.fields("authorize_params"),
        send_resource=table.flag("send_resource", default=True),
        scope_in_refresh=table.flag("scope_in_refresh"),
        reach=reach,
    )
    _check(table, server)
    return server


def _check_name(name: str, mistakes: Mistakes) -> None:
    at = f"mcp.{name}"
    if not NAME.fullmatch(name):
        mistakes.append((at, "a server's name is at most 32 letters, digits, '.', '_' and '-'"))
        return
    try:
        check_tenant(name)  # the lock that its refresh will need
    except InvalidTenantError as error:
        mistakes.append((at, error.reason))


def _check(table: Table, server: McpServer) -> None:
    """What one key says must fit what the others say."""
    if not server.url:
        table.wrong("url", "is missing")
    for key, url in (("url", server.url), ("issuer", server.issuer)):
        if url and not server.may_use(url):
            table.wrong(key, "must be https; [auth] allow_http_loopback allows http on this machine, for tests")
    if "?" in server.issuer:
        table.wrong("issuer", "must not have a query")  # RFC 8414 2
    if server.client_metadata_url and not _is_document(server.client_metadata_url):
        table.wrong("client_metadata_url", "must be https, with a path and without a query")
    sends_secret = server.token_endpoint_auth_method.startswith("client_secret")
    if sends_secret and server.client_id and not server.client_secret_env:
        table.wrong("client_secret_env", "is missing: this token_endpoint_auth_method needs a secret")
    if server.client_secret_env and not (server.client_id or server.client_id_env):
        table.wrong("client_id", "is missing: client_secret_env alone identifies nobody")
    if server.redirect_uri.startswith("http:") and not is_loopback(urlsplit(server.redirect_uri).hostname or ""):
        table.wrong("redirect_uri", "must be https, or http on localhost or 127.0.0.1")


def _is_document(url: str) -> bool:
    """Whether this can be a client ID metadata document's URL, which is the client id itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.path not in ("", "/") and not parts.query
