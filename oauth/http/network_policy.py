"""Say which machines the requests for one MCP server may reach: a stranger wrote the addresses in its metadata.

Addresses are judged by their value, never by their spelling, and IPv4 inside IPv6 by the IPv4 address. Only known
public ranges are allowed; new and special ranges are not.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from openab_auth.oauth.http.urls import is_loopback

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # RFC 4291 2.4; all other ranges are special
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: how an IPv6-only network reaches IPv4
_LOW_32_BITS: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Allow the public internet, and the private `hosts` (names in lower case) and `networks` that the operator lists.

    `http_loopback` is an option for tests: it allows http and https to this machine under its loopback names. With
    `proxied`, requests take the proxies of the environment, and these proxies decide which hosts a name may reach.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    http_loopback: bool = False
    proxied: bool = False

    def allows(self, host: str, address: str) -> bool:
        """Return whether a connection to `host` at `address`, its resolved address, is allowed."""
        if host.lower() in self.hosts:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if self.http_loopback and is_loopback(host) and found.is_loopback:
            return True
        return is_public(found) or any(found in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Return whether the address is reachable from the whole internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def read_network_policy(private: tuple[str, ...], base: NetworkPolicy) -> tuple[NetworkPolicy, tuple[str, ...]]:
    """Return `base` with the operator's private hosts and networks allowed, and the items that are neither."""
    hosts: set[str] = set()
    networks: list[Network] = []
    wrong: list[str] = []
    for item in private:
        try:
            networks.append(ipaddress.ip_network(item))
        except ValueError:
            if _is_name(item):
                hosts.add(item.lower())
            else:
                wrong.append(item)
    return replace(base, hosts=frozenset(hosts), networks=tuple(networks)), tuple(wrong)


def _is_name(text: str) -> bool:
    """Return whether the text can be a host name: no address, no port, no URL."""
    return bool(text) and all(letter.isalnum() or letter in "-._" for letter in text) and not text[-1].isdigit()


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to this IPv6 address reach (mapped, 6to4, NAT64), or None."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LOW_32_BITS)
    return address.ipv4_mapped or address.sixtofour
