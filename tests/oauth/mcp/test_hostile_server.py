"""A server that is out to harm: it gets nothing but its own token, and nobody is led anywhere by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    OAuthError,
    PasteRefusedError,
    RefreshUnansweredError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.flows import LoginOffer
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, McpEntry, UserId
from tests.support.stranger import OPENID, RESOURCE, RFC_8414, Page, Stranger

ADA = UserId(7)
CODE = "canary-code-9Xk2QwEr7"
REDIRECT = "http://localhost:53682/callback"


@pytest.fixture
def catalogue(stranger: Stranger) -> Catalogue:
    tables: dict[str, dict[str, object]] = {"lab": {"url": stranger.mcp}}
    return Catalogue.from_config(Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp=tables), {})


@pytest.fixture
async def logins(catalogue: Catalogue, store: AsyncStore, driver: Driver, stranger: Stranger) -> AsyncIterator[Logins]:
    stranger.is_a_good_server(authorization_response_iss_parameter_supported=True)
    stranger.pages["/register"] = Page({"client_id": "c1"}, 201)
    stranger.pages["/token"] = Page({"access_token": "at-1", "token_type": "bearer", "refresh_token": "rt-1"})
    logins = Logins(catalogue, store, driver)
    yield logins
    await logins.aclose()


def answer(offer: LoginOffer, issuer: str, **changes: str) -> str:
    """The address that the browser ends on after an honest authorization server's page."""
    state = parse_qs(urlsplit(offer.url).query)["state"][0]
    fields = {"code": CODE, "state": state, "iss": issuer, **changes}
    return f"{REDIRECT}?" + "&".join(f"{name}={value}" for name, value in fields.items() if value)


PRIVATE = [
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:192.168.1.1]/",
    "http://example.com/",
    "file:///etc/passwd",
    "https://user:pw@example.com/",
]


@pytest.mark.parametrize("url", PRIVATE)
async def test_no_address_in_its_documents_leads_into_a_private_network(
    logins: Logins, store: AsyncStore, stranger: Stranger, url: str
) -> None:
    """SSRF: whichever member names it, nothing is sent there, no link is shown, no pending login is written."""
    good = dict(stranger.pages)
    for page in (
        {"/mcp": Page(status=401, headers={"WWW-Authenticate": f'Bearer resource_metadata="{url}"'})},
        {f"{RESOURCE}/mcp": Page(stranger.resource(authorization_servers=[url]))},
        {RFC_8414: Page(stranger.metadata(token_endpoint=url, registration_endpoint=None))},
        {RFC_8414: Page(stranger.metadata(registration_endpoint=url))},
    ):
        stranger.pages = {**good, **page}
        with pytest.raises(OAuthError) as refused:
            await logins.begin("mcp:lab", ADA)
        assert "latest" not in str(refused.value)
    assert not await store.read()


async def test_a_token_endpoint_in_a_private_network_gets_no_code(
    logins: Logins, stranger: Stranger, store: AsyncStore
) -> None:
    """It is https and so looks fine in the metadata: the transport refuses it when the code would leave."""
    stranger.pages[RFC_8414] = Page(stranger.metadata(token_endpoint="https://10.0.0.1/token"))
    offer = await logins.begin("mcp:lab", ADA)

    with pytest.raises(VendorMisconfiguredError, match=r"10\.0\.0\.1 is in a private network"):
        await logins.complete(answer(offer, stranger.url), ADA)


@pytest.mark.parametrize("path", [RFC_8414, "/register", "/token"])
@pytest.mark.parametrize("where", ["http://169.254.169.254/", "https://127.0.0.1:1/", "//evil.example/"])
async def test_a_redirect_leads_nowhere(
    logins: Logins, stranger: Stranger, store: AsyncStore, path: str, where: str
) -> None:
    stranger.pages[path] = Page(status=307, headers={"Location": where})

    with pytest.raises(OAuthError):
        await logins.complete(answer(await logins.begin("mcp:lab", ADA), stranger.url), ADA)
    assert not [entry for entry in (await store.read()).values() if isinstance(entry, McpEntry)]


@pytest.mark.parametrize("path", ["/mcp", f"{RESOURCE}/mcp", RFC_8414, "/register", "/token"])
@pytest.mark.parametrize("page", [Page(drip=True), Page({"x": "y" * 1_100_000})], ids=["endless", "huge"])
@pytest.mark.parametrize("driver", [0.5], indirect=True, ids=[""])
async def test_no_answer_is_read_without_end(
    logins: Logins, stranger: Stranger, store: AsyncStore, path: str, page: Page
) -> None:
    stranger.pages[path] = page
    if path == "/mcp":
        await logins.begin("mcp:lab", ADA)  # the body of a first answer is not read at all
        return

    with pytest.raises(VendorUnavailableError):
        await logins.complete(answer(await logins.begin("mcp:lab", ADA), stranger.url), ADA)


async def test_a_mix_up_of_authorization_servers_sends_the_code_nowhere(
    logins: Logins, stranger: Stranger, store: AsyncStore
) -> None:
    """RFC 9207 1: the link leads to an honest server, whose code the hostile token endpoint would like to have."""
    for announced in (True, False):
        stranger.pages[RFC_8414] = Page(
            stranger.metadata(
                authorization_endpoint="https://honest.example/authorize",
                authorization_response_iss_parameter_supported=announced,
            )
        )
        offer = await logins.begin("mcp:lab", ADA)
        with pytest.raises(PasteRefusedError, match="another issuer"):
            await logins.complete(answer(offer, "https://honest.example"), ADA)
        denied = answer(offer, "https://honest.example", code="", error="access_denied", error_description="canary")
        with pytest.raises(PasteRefusedError) as refused:
            await logins.complete(denied, ADA)
        assert "canary" not in str(refused.value)
    assert "/token" not in stranger.paths


async def test_an_answer_without_the_promised_issuer_sends_the_code_nowhere(logins: Logins, stranger: Stranger) -> None:
    offer = await logins.begin("mcp:lab", ADA)

    with pytest.raises(PasteRefusedError, match="does not name its issuer"):
        await logins.complete(answer(offer, ""), ADA)
    assert "/token" not in stranger.paths


async def test_the_binding_made_before_the_link_outlives_changed_documents(
    logins: Logins, stranger: Stranger, store: AsyncStore, catalogue: Catalogue, driver: Driver
) -> None:
    """Neither the code nor a refresh token follows a change of mind."""
    offer = await logins.begin("mcp:lab", ADA)
    stolen = {"issuer": f"{stranger.url}/evil", "token_endpoint": f"{stranger.url}/stolen"}
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(authorization_servers=[stolen["issuer"]]))
    stranger.pages[f"{RFC_8414}/evil"] = Page({**stranger.metadata(), **stolen})
    stranger.pages[RFC_8414] = Page({**stranger.metadata(), "token_endpoint": stolen["token_endpoint"]})

    await logins.complete(answer(offer, stranger.url), ADA)
    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        await source.force_refresh("mcp:lab")

    assert stranger.paths.count("/token") == 2
    assert "/stolen" not in stranger.paths


async def test_a_new_authorization_server_gets_no_old_registration_or_token(
    logins: Logins, stranger: Stranger, store: AsyncStore
) -> None:
    await logins.complete(answer(await logins.begin("mcp:lab", ADA), stranger.url), ADA)
    issuer = f"{stranger.url}/new"
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(authorization_servers=[issuer]))
    stranger.pages[f"{RFC_8414}/new"] = Page(
        stranger.metadata(issuer, registration_endpoint=f"{stranger.url}/register2")
    )
    stranger.pages["/register2"] = Page({"client_id": "c2"}, 201)

    offer = await logins.begin("mcp:lab", ADA)

    assert parse_qs(urlsplit(offer.url).query)["client_id"] == ["c2"]


async def test_a_refresh_may_name_the_scopes_that_were_granted_and_no_more(
    stranger: Stranger, store: AsyncStore, driver: Driver
) -> None:
    """Configuration, not a second try: some authorization servers refuse a refresh without `scope`."""
    stranger.is_a_good_server()
    stranger.pages["/register"] = Page({"client_id": "c1"}, 201)
    stranger.pages["/token"] = Page({"access_token": "at-1", "refresh_token": "rt-1", "scope": "a"})
    table = {"url": stranger.mcp, "scopes": ["a", "b"], "scope_in_refresh": True, "send_resource": False}
    config = Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp={"lab": table})
    catalogue = Catalogue.from_config(config, {})
    logins = Logins(catalogue, store, driver)
    offer = await logins.begin("mcp:lab", ADA)
    await logins.complete(answer(offer, stranger.url), ADA)
    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        await source.force_refresh("mcp:lab")
    await logins.aclose()

    exchange, refresh = (form for path, form in stranger.forms if path == "/token")
    assert "resource" not in offer.url
    assert "resource" not in exchange
    assert (refresh["scope"], refresh.get("resource")) == ("a", None)


@pytest.mark.parametrize("page", [Page(drip=True), Page("busy", 503)], ids=["silent", "busy"])
@pytest.mark.parametrize("driver", [0.5], indirect=True, ids=[""])
async def test_a_document_that_never_comes_leaves_the_refresh_token_untouched(
    logins: Logins,
    stranger: Stranger,
    store: AsyncStore,
    catalogue: Catalogue,
    driver: Driver,
    tmp_path: Path,
    page: Page,
) -> None:
    """It was never posted: the next try is neither a repetition nor told as one."""
    await logins.complete(answer(await logins.begin("mcp:lab", ADA), stranger.url), ADA)
    (tmp_path / "auth.json.clients").unlink()
    good, stranger.pages[RFC_8414] = stranger.pages[RFC_8414], page

    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        with pytest.raises(VendorUnavailableError) as failed:
            await source.force_refresh("mcp:lab")
        assert not isinstance(failed.value, RefreshUnansweredError)
        assert stranger.paths.count("/token") == 1
        stranger.pages[RFC_8414] = good
        await source.force_refresh("mcp:lab")
    assert stranger.paths.count("/token") == 2


@pytest.mark.parametrize(
    "reply",
    [
        {"access_token": "a\r\nX-Injected: 1"},
        {"access_token": ""},
        {"access_token": ["a"]},
        {"access_token": "töken"},
        {"access_token": "at", "token_type": "DPoP"},
        {"error": "invalid_grant", "error_description": "canary"},
        "<html><script>alert('canary')</script>",
        {},
    ],
    ids=str,
)
async def test_a_token_reply_that_is_none_is_no_login(
    logins: Logins, stranger: Stranger, store: AsyncStore, reply: Any
) -> None:
    stranger.pages["/token"] = Page(reply)

    with pytest.raises((VendorUnavailableError, VendorMisconfiguredError, ExchangeRefusedError)) as refused:
        await logins.complete(answer(await logins.begin("mcp:lab", ADA), stranger.url), ADA)
    assert CODE not in str(refused.value)
    assert "<" not in str(refused.value)
    assert not await store.read()


@pytest.mark.parametrize(
    ("reply", "lifetime", "scopes"),
    [
        ({"token_type": "BEARER", "expires_in": "120"}, 120, ("a", "b")),
        ({"token_type": "bearer", "expires_in": 120.7}, 120, ("a", "b")),
        ({"expires_in": None}, 3600, ("a", "b")),
        ({"expires_in": -5, "scope": "x y"}, 3600, ("x", "y")),
        ({"expires_in": 10**30, "scope": ["x", 7]}, None, ("x",)),
        ({"scope": "x,y"}, 3600, ("x", "y")),
        ({"refresh_token": None, "scope": None}, 3600, ("a", "b")),
    ],
    ids=str,
)
async def test_what_servers_get_wrong_in_a_reply_is_put_right_in_the_file(
    logins: Logins, stranger: Stranger, store: AsyncStore, reply: dict[str, Any], lifetime: int | None, scopes: Any
) -> None:
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(scopes_supported=["a", "b"]))
    stranger.pages["/token"] = Page({"access_token": "at-1", **reply})

    await logins.complete(answer(await logins.begin("mcp:lab", ADA), stranger.url), ADA)

    entry = (await store.read())["lab"]
    assert isinstance(entry, McpEntry)
    assert entry.token_response is not None
    assert entry.token_response["token_type"] == "bearer"
    found = entry.token_response["expires_in"]
    assert type(found) is int
    assert lifetime is None or abs(found - lifetime) <= 1
    assert entry.granted_scopes == scopes


async def test_markup_in_what_it_says_reaches_nobody(logins: Logins, stranger: Stranger) -> None:
    stranger.pages = {
        "/mcp": Page("<h1>canary</h1>", 401, {"WWW-Authenticate": 'Bearer realm="<canary>"'}),
        RESOURCE: Page("<html>canary</html>"),
        f"{RESOURCE}/mcp": Page(stranger.resource(authorization_servers=[f"{stranger.url}/<canary>"])),
        OPENID: Page("canary"),
    }

    with pytest.raises(OAuthError) as refused:
        await logins.begin("mcp:lab", ADA)
    assert "canary" not in str(refused.value)
