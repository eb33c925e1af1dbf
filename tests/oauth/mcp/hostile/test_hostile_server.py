"""A server that is out to harm: it gets nothing but its own token, and nobody is led anywhere by it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import OAuthError, PasteRefusedError, VendorMisconfiguredError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, McpEntry
from tests.oauth.mcp.hostile.answers import ADA, answer
from tests.oauth.mcp.stranger import RESOURCE, RFC_8414, Page, Stranger

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
    challenge = {"/mcp": Page(status=401, headers={"WWW-Authenticate": f'Bearer resource_metadata="{url}"'})}
    for page in (
        {**challenge, f"{RESOURCE}/mcp": Page(status=404)},
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
