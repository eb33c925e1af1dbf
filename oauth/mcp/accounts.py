"""Whose accounts a login at an added server would use: those of its own host, or of one that it merely names.

Whoever runs the server gets the token. Where an authorization server ignores `resource` (RFC 8707), as many do, that
token is good for everything that its account may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.http import host_of

if TYPE_CHECKING:
    from openab_auth.oauth.mcp.binding import Binding
    from openab_auth.oauth.vendors import Catalogue, McpServer


def account_hosts(server: McpServer, *endpoints: str) -> tuple[str, ...]:
    """The hosts of these endpoints, where a person added the server and they are not its own."""
    if server.added_by is None:
        return ()
    return tuple(dict.fromkeys(host for url in endpoints if (host := host_of(url)) != server.host))


def check_accounts(
    server: McpServer, endpoints: Iterable[str], config: Catalogue, logins: Mapping[str, Binding]
) -> None:
    """Refuse an added server that wants an account of a host which is known here for something else.

    `logins` are the bindings of the servers' logins that there are, by name.

    Raises:
        ServerUnusableError: what that host is known for.
    """
    foreign = account_hosts(server, *endpoints)
    if not foreign:
        return
    for host, owner in (*_of_config(server, config), *_of_logins(server, logins)):
        if host in foreign:
            raise ServerUnusableError(server.vendor_name, _ANOTHERS.format(host=host, owner=owner), _TELL_OPERATOR)


def _of_config(server: McpServer, config: Catalogue) -> Iterator[tuple[str, str]]:
    for vendor in config.all():
        for url in (vendor.issuer, vendor.authorize_url, vendor.token_url, vendor.device_url):
            if url:
                yield host_of(url), vendor.name
    for other in config.servers():
        for url in (other.url, other.issuer):
            if url and other.host != server.host:
                yield host_of(url), other.vendor_name


def _of_logins(server: McpServer, logins: Mapping[str, Binding]) -> Iterator[tuple[str, str]]:
    for name, binding in logins.items():
        if name != server.name and host_of(binding.url) != server.host:
            for url in (binding.url, binding.issuer, binding.authorize_url, binding.token_url):
                yield host_of(url), f"mcp:{name}"


_ANOTHERS: Final = "it would get the token of an account at {host}, which is known here for {owner}"
_TELL_OPERATOR: Final = "where that is meant, the operator can name the server in a table under [mcp]"
