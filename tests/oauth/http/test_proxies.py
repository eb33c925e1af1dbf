"""Proxies of the environment: which variable decides, which hosts need no proxy, and what makes a variable unusable."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.errors import NetworkVariableError
from openab_auth.oauth.http import all_proxies, proxy_for

URL = "https://auth.example.com/token"
CANARY = "canary-p4ss"
GOOD = "http://proxy.corp:8080"


def address(url: str, environ: dict[str, str]) -> str | None:
    proxy = proxy_for(url, environ)
    return None if proxy is None else f"{proxy.variable} {proxy.address}"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("socks://127.0.0.1:1080", "socks:// proxy"),
        ("socks4://127.0.0.1:1080", "socks4:// proxy"),
        ("ftp://proxy:21", "kind of proxy"),
        ("://proxy:8080", "kind of proxy"),
        ("http://proxy:port", "port"),
        ("http://proxy:0", "port"),
        ("http://proxy:70000", "port"),
        ("proxy:", None),
        ("http://", "host name"),
        ("http://:8080", "host name"),
        ("http://-", None),
        ("http://pro_xy!:8080", "host name"),
        ("http://pröxy:8080", "host name"),
        (f"http://{'x' * 64}.corp:8080", "host name"),
        ("http://pro xy:8080", "blanks or control"),
        ("http://pro\nxy:8080", "blanks or control"),
        ("http://pro\udcffxy:8080", "blanks or control"),
        ("http://[::1:8080", "no address"),
        ("http://proxy:8080/proxy.pac", "more than the address"),
        (f"http://ada:{CANARY}#1@proxy:8080", "more than the address"),
        (f"http://ada:{CANARY}/1@proxy:8080", "more than the address"),
        (f"http://ada:12/{CANARY}@proxy:8080", "more than the address"),
        (f"http://ada:{CANARY}@proxy:port", "port"),
        (f"{CANARY}://ada@proxy:8080", "kind of proxy"),
        (f"http://ada:{CANARY}[@proxy:8080", "no address"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_an_unusable_value_is_named_with_its_variable_and_never_shown(
    variable: str, value: str, problem: str | None
) -> None:
    if problem is None:
        assert proxy_for(URL, {variable: value})
        return
    for choose in (lambda: proxy_for(URL, {variable: value}), lambda: all_proxies({variable: value})):
        with pytest.raises(NetworkVariableError, match=f"^{variable} .*{problem}") as failed:
            choose()
        assert CANARY not in f"{failed.value}{failed.value!r}{failed.value.__cause__}"
        assert variable in failed.value.todo


@given(st.text(st.characters(exclude_characters="\0")))
def test_any_value_is_a_proxy_or_an_error_of_ours(value: str) -> None:
    try:
        proxies = all_proxies({"HTTPS_PROXY": value})
    except NetworkVariableError:
        return
    assert len(proxies) == bool(value.strip())


@given(st.text(st.characters(exclude_characters="\0")))
def test_any_list_of_exempt_hosts_can_be_read(value: str) -> None:
    environ = {"HTTPS_PROXY": GOOD, "NO_PROXY": value}
    for url in (URL, "https://[2001:db8::1]/", "https://203.0.113.7:8443/"):
        assert proxy_for(url, environ) in {None, proxy_for(url, {"HTTPS_PROXY": GOOD})}


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": " \n"}, None),
        ({"HTTPS_PROXY": GOOD}, f"HTTPS_PROXY {GOOD}"),
        ({"HTTPS_PROXY": f" {GOOD}\n"}, f"HTTPS_PROXY {GOOD}"),
        ({"HTTPS_PROXY": "proxy.corp:8080"}, f"HTTPS_PROXY {GOOD}"),
        ({"HTTPS_PROXY": "HTTP://Proxy.Corp"}, "HTTPS_PROXY http://proxy.corp:80"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:8080/"}, "HTTPS_PROXY http://[2001:db8::1]:8080"),
        ({"HTTPS_PROXY": f"http://ada:{CANARY}@proxy.corp:8080"}, f"HTTPS_PROXY {GOOD}"),
        ({"HTTP_PROXY": GOOD}, None),
        ({"ALL_PROXY": GOOD}, f"ALL_PROXY {GOOD}"),
        ({"HTTPS_PROXY": "http://other:1", "https_proxy": GOOD}, f"https_proxy {GOOD}"),
        ({"HTTPS_PROXY": "http://other:1", "https_proxy": ""}, None),
        ({"HTTPS_PROXY": GOOD, "ALL_PROXY": "socks://127.0.0.1:1080"}, f"HTTPS_PROXY {GOOD}"),
        ({"HTTPS_PROXY": GOOD, "HTTP_PROXY": "nonsense:port"}, f"HTTPS_PROXY {GOOD}"),
    ],
)
def test_the_variable_of_the_address_decides_and_lower_case_wins(environ: dict[str, str], chosen: str | None) -> None:
    assert address(URL, environ) == chosen
    assert address(URL.replace("https:", "wss:"), environ) == chosen


@pytest.mark.parametrize(
    ("rule", "url", "exempt"),
    [
        ("*", URL, True),
        ("example.com", URL, True),
        (".example.com", URL, True),
        ("*.example.com", URL, True),
        ("auth.example.com", URL, True),
        ("other.com , EXAMPLE.com", URL, True),
        ("other.com example.com", URL, True),
        ("example.com:443", URL, True),
        ("example.com:8443", URL, False),
        ("https://example.com", URL, True),
        ("http://example.com", URL, False),
        ("ample.com", URL, False),
        (",, ,:// [ ]/99 %zz", URL, False),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.0.0.0/99", "https://10.1.2.3/", False),
        ("::1", "https://[::1]/", True),
        ("[::1]:8443", "https://[::1]:8443/", True),
        ("2001:db8::/32", "https://[2001:db8::7]/", True),
    ],
)
def test_no_proxy_names_hosts_domains_networks_and_ports(rule: str, url: str, exempt: bool) -> None:
    assert (proxy_for(url, {"HTTPS_PROXY": GOOD, "no_proxy": rule}) is None) == exempt


def test_only_variables_in_effect_must_be_usable() -> None:
    """Desktops set ALL_PROXY=socks://… beside the proxies for http and https."""
    environ = {"http_proxy": GOOD, "https_proxy": GOOD, "ALL_PROXY": "socks://127.0.0.1:1080"}
    assert set(all_proxies(environ)) == {"http_proxy", "https_proxy"}
    assert all_proxies({"ALL_PROXY": "socks://127.0.0.1:1080", "NO_PROXY": "*"}) == {}
    with pytest.raises(NetworkVariableError, match="ALL_PROXY"):
        all_proxies({"https_proxy": GOOD, "ALL_PROXY": "socks://127.0.0.1:1080"})


def test_without_the_library_for_socks_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(NetworkVariableError, match=r"all_proxy names a SOCKS proxy.*openab-auth\[socks\]"):
        all_proxies({"all_proxy": "socks5://127.0.0.1:1080"})


def test_a_proxy_is_shown_without_its_password() -> None:
    proxy = proxy_for(URL, {"HTTPS_PROXY": f"http://ada:{CANARY}%23@proxy:8080"})
    assert proxy is not None
    assert proxy.auth is not None
    assert proxy.auth[1].reveal() == f"{CANARY}#"
    assert CANARY not in f"{proxy}{proxy!r}{proxy.address}"
