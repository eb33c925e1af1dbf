"""Each vendor's requests field by field, as the loopback server received them: `golden.toml`, read from the facts.

Only addresses of the shipped rows are changed. What is random is named by what it is.
"""

from __future__ import annotations

import re
import tomllib
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from openab_auth.bot.playground.issuer import Issuer, ReceivedRequest, RegisteredClient
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import LoginDeadError, VendorUnavailableError
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.flows.device.aws import client_key
from openab_auth.oauth.flows.exchange.registry import exchange_of
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, Vendor, VendorName
from openab_auth.storage import CONSOLE, AsyncStore, Draft, Secret, TokenEntry
from openab_auth.storage import ClientRecord as Registered

GOLDEN = tomllib.loads(Path(__file__).with_name("golden.toml").read_text())
SHIPPED = Catalogue.shipped({})
SECRETS = {"GEMINI_OAUTH_CLIENT_SECRET": "canary-secret", "AGY_OAUTH_CLIENT_SECRET": "canary-secret"}
BROWSER = {"/decision", "/device"}  # what a person's browser asks for
RANDOM = (
    (r"ac_[\w-]{32}", "<code>"),
    (r"at_[\w-]{32}", "<access token>"),
    (r"rt_[\w-]{32}", "<refresh token>"),
    (r"dc_[\w-]{32}", "<device code>"),
    (r"secret-[\w-]{16}", "<registered secret>"),
    (r"client-0", "<registered client>"),
    (r"[A-Z]{4}-[A-Z]{4}", "<user code>"),
    (r"(?<![\w-])[\w-]{43}(?![\w-])", "<43 characters>"),
    (r"(?<![\w-])[\w-]{64}(?![\w-])", "<64 characters>"),
)
OURS = {"accept", "authorization", "user-agent"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "SHORTEST", 0.01)


@pytest.fixture(params=GOLDEN)
def shipped(request: pytest.FixtureRequest) -> Vendor:
    vendor = SHIPPED.named(VendorName(request.param))
    assert vendor is not None
    return vendor


@pytest.fixture
async def issuer(shipped: Vendor, clock: Callable[[], float]) -> AsyncIterator[Issuer]:
    client = RegisteredClient(shipped.client_id, shipped.redirect_uri)
    async with Issuer.listening(clients=[client] if shipped.client_id else (), clock=clock) as issuer:
        issuer.devices.interval = 0.01
        yield issuer


@pytest.fixture
def catalogue(shipped: Vendor, issuer: Issuer) -> Catalogue:
    """The shipped row, and in it another address wherever it has one."""
    addresses: dict[str, object] = {
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "device_url": issuer.device_url,
        "revoke_url": issuer.revoke_url,
        "userinfo_url": issuer.userinfo_url,
    }
    if shipped.flow == "codex-device":
        addresses |= {"device_url": f"{issuer.url}/codex/usercode", "authorize_url": issuer.devices.page}
    if shipped.flow == "aws-device":
        addresses |= {"device_url": f"{issuer.url}/aws/device_authorization", "token_url": f"{issuer.url}/aws/token"}
    table = {key: address for key, address in addresses.items() if getattr(shipped, key)}
    renewing = SHIPPED.vendor_of(shipped.tenant)  # the row that renews the login, where two rows share one
    assert renewing is not None
    common = {key: address for key, address in table.items() if key in {"token_url", "revoke_url"}}
    auth = AuthSettings(vendors=(shipped.name,), accept_risk=(shipped.name,))
    return Catalogue.from_config(
        Config(auth=auth, vendors={renewing.name: dict(common), shipped.name: dict(table)}), SECRETS
    )


async def test_a_vendor_is_asked_as_its_own_tools_ask_it(
    shipped: Vendor, catalogue: Catalogue, issuer: Issuer, store: AsyncStore, clock: Callable[[], float]
) -> None:
    """Login, renewal, logout: what reached the server, in order."""
    driver = Driver(clock=clock)
    logins = Logins(catalogue, store, driver, clock=clock)
    offer = await logins.begin(shipped.name, CONSOLE)
    if offer.user_code:
        await issuer.approve_device(offer.user_code)
        assert await logins.outcome(shipped.name, CONSOLE)
    else:
        await logins.complete(await issuer.approve(offer.url), CONSOLE, shipped.name)
    source = TokenSource(store, catalogue=catalogue, driver=driver, clock=clock)
    await source.force_refresh(shipped.tenant)
    await logins.logout(await logins.account(shipped.tenant), revoke=True)
    await logins.aclose()
    await driver.aclose()

    asked = [written(seen, issuer) for seen in issuer.requests() if seen.path not in BROWSER]

    assert without_repeated_polls(asked) == GOLDEN[shipped.name]["request"]


def test_every_vendor_that_we_log_in_to_is_written_down() -> None:
    assert set(GOLDEN) == {vendor.name for vendor in SHIPPED.all() if vendor.flow not in {"command", "env", "key"}}


def written(seen: ReceivedRequest, issuer: Issuer) -> dict[str, object]:
    """A request as the golden table has it."""
    entry: dict[str, object] = {"to": f"{seen.method} {seen.path}"}
    if seen.method == "POST":
        entry["body"] = seen.content_type.rpartition("/")[2].removeprefix("x-www-form-")
    entry["fields"] = {name: named(value, issuer) for name, value in seen.fields.items()}
    headers = {
        name.lower(): named(value, issuer)
        for name, value in seen.headers.items()
        if name.lower() in OURS or name.lower().startswith(("editor-", "copilot-", "x-"))
    }
    assert (headers.pop("user-agent"), headers.pop("accept")) == ("openab-auth", "application/json") or (
        seen.path == "/authorize"
    )
    if headers and seen.path != "/authorize":
        entry["headers"] = headers
    return entry


def named(value: str, issuer: Issuer) -> str:
    value = value.replace(issuer.url, "<issuer>")
    if value.startswith("Basic "):
        return f"Basic {b64decode(value.removeprefix('Basic ')).decode()}"
    for pattern, name in RANDOM:
        value = re.sub(pattern, name, value)
    return value


def without_repeated_polls(asked: list[dict[str, object]]) -> list[dict[str, object]]:
    """How often one polls is a matter of time."""
    return [entry for before, entry in zip([None, *asked], asked, strict=False) if entry != before]


# The replies' quirks, at a renewal


@pytest.fixture
async def renewing(
    shipped: Vendor, catalogue: Catalogue, issuer: Issuer, store: AsyncStore, clock: Callable[[], float]
) -> AsyncIterator[TokenSource]:
    """Renews a login at this vendor that has run out."""
    found = catalogue.vendor_of(shipped.tenant)
    assert found is not None
    endpoint = exchange_of(found).token_url(found.client())
    entry = TokenEntry(Secret("old"), Secret("kept"), int(clock()) - 1, endpoint, shipped.tenant)
    client = Registered("client-0", Secret("s"), expires_at=2**40)

    def put(draft: Draft) -> None:
        draft[shipped.tenant] = entry
        draft.clients[client_key(shipped.tenant)] = client

    await store.update(put)
    driver = Driver(clock=clock)
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        yield source
    await driver.aclose()


async def test_a_reply_without_lifetime_or_refresh_token_keeps_the_old_one(
    shipped: Vendor,
    catalogue: Catalogue,
    issuer: Issuer,
    store: AsyncStore,
    renewing: TokenSource,
    clock: Callable[[], float],
) -> None:
    found = catalogue.vendor_of(shipped.tenant)
    assert found is not None
    name = {"copilot": "token", "kiro": "accessToken"}.get(shipped.name, "access_token")
    issuer.faults.next(path_of(await stored(store, shipped)), body={name: "new"})

    token = await renewing.get_valid(shipped.tenant)

    entry = await stored(store, shipped)
    assert (token.value, entry.refresh_token) == (Secret("new"), Secret("kept"))
    assert entry.expires_at == clock() + (found.token_lifetime or 3600)


DEAD: dict[str, list[tuple[int, object]]] = {
    "claude": [(400, {"error": {"type": "invalid_grant", "message": "Refresh token not found"}})],
    "codex": [
        (401, {"error": {"code": "refresh_token_reused", "message": "…"}}),
        (401, {"error": {"code": "refresh_token_invalidated"}}),
        (400, {"error": "refresh_token_expired"}),
    ],
    "codex-device": [(400, {"error": "invalid_grant"})],
    "copilot": [(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})],
    "gemini": [(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})],
    "agy": [(400, {"error": "invalid_grant", "error_description": "Bad Request"})],
    "grok": [(400, {"error": "invalid_grant"})],
    "kiro": [
        (400, {"error": "invalid_grant", "error_description": "Invalid refresh token"}),
        (400, {"error": "expired_token"}),
    ],
    "kimi": [(401, {"error": "invalid_grant"})],
}
PASSING: dict[str, list[tuple[int, object]]] = {
    "claude": [(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})],
    "codex": [(403, "<html>Just a moment...</html>"), (429, {"error": {"code": "rate_limit_exceeded"}})],
    "codex-device": [(400, {"error": {"code": "unheard_of"}})],
    "copilot": [(403, {"message": "API rate limit exceeded"}), (502, "<html>Unicorn!</html>")],
    "gemini": [(403, {"error": {"code": 403, "message": "…", "status": "PERMISSION_DENIED"}})],
    "agy": [(500, {"error": {"code": 500, "status": "INTERNAL"}})],
    "grok": [(503, {"error": "temporarily_unavailable"})],
    "kiro": [(400, {"__type": "com.amazon.coral.service#ThrottlingException", "message": "Rate exceeded"})],
    "kimi": [(400, {"code": 4001, "msg": "system busy"}), (200, [])],
}


async def test_only_a_clear_word_ends_a_login(
    shipped: Vendor, issuer: Issuer, store: AsyncStore, renewing: TokenSource
) -> None:
    path = path_of(await stored(store, shipped))
    for status, body in PASSING[shipped.name]:
        issuer.faults.next(path, status=status, body=body)
        with pytest.raises(VendorUnavailableError):
            await renewing.get_valid(shipped.tenant)
        await store.update(lambda draft: draft.notes.pop(shipped.tenant))  # else the pause refuses the next request
    for status, body in DEAD[shipped.name]:
        issuer.faults.next(path, status=status, body=body)
        with pytest.raises(LoginDeadError):
            await renewing.get_valid(shipped.tenant)
        await store.update(lambda draft: draft.notes.pop(shipped.tenant))
    assert (await stored(store, shipped)).refresh_token == Secret("kept")


async def stored(store: AsyncStore, vendor: Vendor) -> TokenEntry:
    entry = (await store.read())[vendor.tenant]
    assert isinstance(entry, TokenEntry)
    return entry


def path_of(entry: TokenEntry) -> str:
    return urlsplit(entry.token_endpoint).path
