"""Where a broker may be, and what is refused before a key is sent."""

from __future__ import annotations

import pytest

from openab_auth.oauth.errors import BrokerSettingError, ThreadIdError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.broker import BrokerTokenSource, read_address, read_key
from openab_auth.storage import Secret
from openab_auth.sync import TokenSource as SyncTokenSource
from tests.oauth.tokens.broker.scripted_broker import ScriptedBroker

CANARY = "oab_canary-4d1f"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("unix:/run/openab-auth/auth.sock", "unix:/run/openab-auth/auth.sock"),
        ("unix:///run/openab-auth/auth.sock", "unix:/run/openab-auth/auth.sock"),
        ("https://broker.example", "https://broker.example"),
        ("https://broker.example:8443/tokens/", "https://broker.example:8443"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("http://[::1]:8123", "http://[::1]:8123"),
    ],
)
def test_a_socket_an_https_address_and_loopback_are_taken(text: str, place: str) -> None:
    assert read_address(text).place == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://broker.example",
        "http://10.0.0.7:8123",
        "http://127.0.0.1.broker.example",
        f"https://user:{CANARY}@broker.example",
        f"https://broker.example/?key={CANARY}",
        f"https://broker.example/#{CANARY}",
        "ftp://broker.example",
        "unix:auth.sock",
        "unix:~/auth.sock",
        "unix:",
        f"unix:/{'x' * 200}",
        "/run/openab-auth/auth.sock",
        CANARY,
    ],
)
def test_any_other_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BrokerSettingError) as caught:
        TokenSource.at(text, key=CANARY)

    assert "canary" not in f"{caught.value} {caught.value!r}"
    assert "no request was sent" in str(caught.value)


@pytest.mark.parametrize("key", ["oab_a b", "oab_a\nX-Other: 1", "oab_é", "x" * 2000])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(BrokerSettingError) as caught:
        TokenSource.at("unix:/auth.sock", key=key)

    assert key not in f"{caught.value} {caught.value!r}"


def test_a_key_is_a_secret() -> None:
    key = read_key(CANARY)

    assert isinstance(key, Secret)
    assert read_key("") is read_key(None) is None
    assert CANARY not in repr(vars(TokenSource.at("unix:/auth.sock", key=CANARY)))


async def test_a_socket_and_a_loopback_address_lead_to_the_same_broker(broker: ScriptedBroker) -> None:
    for address in (broker.address, broker.url):
        async with TokenSource.at(address, key=CANARY) as source:
            assert (await source.get_valid("codex")).value.reveal() == "canary-token"

    assert broker.keys == [f"Bearer {CANARY}"] * 2


async def test_no_proxy_sees_a_request_to_this_machine(broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    for address in (broker.address, broker.url):
        async with TokenSource.at(address) as source:
            assert await source.get_valid("codex")


async def test_without_a_key_the_thread_of_the_environment_is_named(
    broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key has its own thread, and a key without one may name none."""
    monkeypatch.setenv("OPENAB_THREAD_ID", "700")
    sources: list[BrokerTokenSource] = [
        TokenSource.at(broker.address),
        TokenSource.at(broker.address, key=CANARY),
        TokenSource.at(broker.address, key=CANARY, thread=800),
    ]
    for source in sources:
        async with source:
            await source.get_valid("codex")

    assert [query.get("thread") for _, _, query, _ in broker.seen] == ["700", None, "800"]


def test_a_thread_that_is_no_id_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ThreadIdError):
        TokenSource.at("unix:/auth.sock", thread="general")
    monkeypatch.setenv("OPENAB_AUTH_THREAD", "general")
    with pytest.raises(ThreadIdError):
        SyncTokenSource.at("unix:/auth.sock", key=CANARY)
