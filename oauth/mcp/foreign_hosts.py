"""The hosts, other than its own, whose accounts a login at an added server would use.

Whoever runs the server gets the token. Many authorization servers ignore `resource` (RFC 8707). Their token is then
good for everything that the account may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.http.urls import host_of
from openab_auth.oauth.vendors.account_labels import base_of
from openab_auth.oauth.vendors.server_names import full_name

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.catalogue import Catalogue
    from openab_auth.oauth.vendors.mcp_server import McpServer


def foreign_hosts(server: McpServer, *endpoints: str) -> tuple[str, ...]:
    """Return the hosts of these endpoints that are not the server's own; none where the operator named the server."""
    if server.added_by is None:
        return ()
    return tuple(dict.fromkeys(host for url in endpoints if (host := host_of(url)) != server.host))


def check_foreign_hosts(
    server: McpServer, endpoints: Iterable[str], config: Catalogue, logins: Mapping[str, Sequence[str]]
) -> None:
    """Refuse an added server that wants an account at a host which is known here for something else.

    `logins` has the addresses of each server where somebody is logged in, the server's own first, by its name.

    Raises:
        ServerUnusableError: a host is known here already; the error names its owner.
    """
    foreign = foreign_hosts(server, *endpoints)
    if not foreign:
        return
    for host, owner in (*_in_config(server, config), *_in_logins(server, logins)):
        if host in foreign:
            raise ServerUnusableError(server.vendor_name, _ANOTHERS.format(host=host, owner=owner), _TELL_OPERATOR)


def _in_config(server: McpServer, config: Catalogue) -> Iterator[tuple[str, str]]:
    for vendor in config.all():
        for url in (vendor.issuer, vendor.authorize_url, vendor.token_url, vendor.device_url):
            if url:
                yield host_of(url), vendor.name
    for other in config.servers():
        for url in (other.url, other.issuer):
            if url and other.host != server.host:
                yield host_of(url), other.vendor_name


def _in_logins(server: McpServer, logins: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for name, addresses in logins.items():
        if name != server.name and host_of(addresses[0]) != server.host:
            for url in addresses:
                yield host_of(url), full_name(base_of(name))  # nobody's personal login is named


_ANOTHERS: Final = "it would get a token for an account at {host}, which is known here as {owner}'s"
_TELL_OPERATOR: Final = "if that is intended, the operator can add the server in a table under [mcp]"
