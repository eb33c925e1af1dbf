"""Replies of a server that harms or errs: none becomes a login that is not one, and nobody waits without end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    OAuthError,
    RefreshUnansweredError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, McpEntry
from tests.oauth.mcp.hostile.answers import ADA, CODE, answer
from tests.oauth.mcp.stranger import OPENID, RESOURCE, RFC_8414, Page, Stranger


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
        ({"expires_in": None}, None, ("a", "b")),
        ({"expires_in": -5, "scope": "x y"}, None, ("x", "y")),
        ({"expires_in": -5, "refresh_token": "rt-1"}, 3600, ("a", "b")),
        ({"expires_in": 10**30, "scope": ["x", 7]}, None, ("x",)),
        ({"scope": "x,y"}, None, ("x", "y")),
        ({"refresh_token": None, "scope": None}, None, ("a", "b")),
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
    found = entry.token_response.get("expires_in")
    if lifetime is None:
        assert found is None
    else:
        assert type(found) is int
        assert abs(found - lifetime) <= 1
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
