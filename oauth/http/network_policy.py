"""Which machines the requests for one MCP server may reach: every address in its metadata comes from a stranger.

Addresses are judged as `ipaddress` classes them, never by how they are spelled, and IPv4 inside IPv6 as the address
that it leads to. What is public is listed; whatever is new or special is not.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, TypeAlias

from openab_auth.oauth.http.urls import is_loopback

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # RFC 4291 2.4; all else is special
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: how an IPv6-only network reaches IPv4
_LOW_32_BITS: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """The public internet, and beyond it what the operator lists.

    `hosts` (names in lower case) and `networks` may be private. `http_loopback` is the test option: plain http, and
    any other, to this machine by its own names.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    http_loopback: bool = False

    def allows(self, host: str, address: str) -> bool:
        """Whether a connection to `host`, which was resolved to `address`, may be made."""
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
    """Whether anybody on the internet could reach this machine there."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def read_network_policy(private: tuple[str, ...], *, http_loopback: bool) -> tuple[NetworkPolicy, tuple[str, ...]]:
    """Return the policy that allows the operator's private hosts and networks, and the items that are neither."""
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
    return NetworkPolicy(frozenset(hosts), tuple(networks), http_loopback), tuple(wrong)


def _is_name(text: str) -> bool:
    """Whether it can be a host's name: no address, no port, no URL."""
    return bool(text) and all(letter.isalnum() or letter in "-._" for letter in text) and not text[-1].isdigit()


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address end at: mapped, 6to4, NAT64."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LOW_32_BITS)
    return address.ipv4_mapped or address.sixtofour
