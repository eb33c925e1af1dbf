"""The addresses that a stranger's metadata may name."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.http import NetworkPolicy, read_network_policy
from openab_auth.oauth.http.network_policy import is_public

PRIVATE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104

    "169.254.169.254", "100.64.0.1", "100.127.255.254", "198.18.0.1", "198.19.255.255", "192.0.0.1", "192.0.2.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "2001::1",
    "100::1", "5f00::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a00:1::", "2002:7f00:1::",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert not NetworkPolicy().allows("mcp.example", address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_reached_also_through_nat64(address: str) -> None:
    assert NetworkPolicy().allows("mcp.example", address)


@given(st.ip_addresses(v=4))
def test_ipv4_inside_ipv6_is_judged_as_the_ipv4_address(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for inside in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert is_public(ipaddress.IPv6Address(inside)) == is_public(address)


def test_what_the_operator_lists_is_reached_and_nothing_else() -> None:
    reach, wrong = read_network_policy(("MCP.internal", "10.1.0.0/16", "fd00::5"), NetworkPolicy())

    assert not wrong
    assert reach.allows("mcp.INTERNAL", "192.168.7.7")
    assert not reach.allows("evil.mcp.internal", "192.168.7.7")
    assert reach.allows("anything.example", "10.1.2.3")
    assert not reach.allows("anything.example", "10.2.0.1")
    assert reach.allows("anything.example", "fd00::5")
    assert not reach.allows("anything.example", "fd00::6")


def test_the_test_option_means_this_machine_by_its_own_names() -> None:
    """Ours: a stranger's name that leads to this machine is refused all the same."""
    reach, _ = read_network_policy((), NetworkPolicy(http_loopback=True))

    assert reach.allows("localhost", "::1")
    assert reach.allows("127.0.0.1", "127.0.0.1")
    assert not reach.allows("localhost", "10.0.0.1")
    assert not reach.allows("rebound.example", "127.0.0.1")


@pytest.mark.parametrize("item", ["http://x", "10.0.0.0/33", "a b", "", "x:80", "1.2.3", "10.0.0.1/8"])
def test_what_is_neither_a_name_nor_a_network_is_told(item: str) -> None:
    assert read_network_policy((item,), NetworkPolicy())[1] == (item,)
