"""How a client with a secret authenticates (RFC 6749 2.3): one method a request, another once where it is refused."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import parse_qs

import httpx2
import pytest

from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
from openab_auth.oauth.client.discovery import with_endpoints
from openab_auth.oauth.errors import ClientRefusedError, ExchangeRefusedError, OAuthError, VendorMisconfiguredError
from openab_auth.storage import Json, Secret
from tests.oauth.client.verdicts import PENDING, VENDOR

CLIENT = replace(VENDOR.client(), client_secret=Secret("s3cret"))
GOOD = {"access_token": "at", "refresh_token": "rt"}
CODE = Secret("code-" + "c" * 30)
Refusal: TypeAlias = tuple[int, dict[str, Json]]
Judge: TypeAlias = Callable[[set[str]], "Refusal | None"]


def seen_in(request: httpx2.Request) -> set[str]:
    """Return where the request identifies its client: `basic`, `id` and `secret` in the form."""
    form = parse_qs(request.content.decode())
    found = {"id"} if "client_id" in form else set[str]()
    found |= {"secret"} if "client_secret" in form else set[str]()
    header = request.headers.get("authorization", "")
    if header.startswith("Basic "):
        assert b64decode(header.removeprefix("Basic ")) == b"lab-public:s3cret"
        found.add("basic")
    return found


def server(judge: Judge) -> tuple[Driver, list[set[str]]]:
    """Return a driver at a server that refuses as `judge` says, and what the server has seen."""
    posts: list[set[str]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        posts.append(seen_in(request))
        refusal = judge(posts[-1])
        return httpx2.Response(refusal[0], json=refusal[1]) if refusal else httpx2.Response(200, json=GOOD)

    return Driver(httpx2.MockTransport(handle)), posts


async def exchange(driver: Driver, client: OAuthClient = CLIENT) -> TokenResponse:
    return await driver.exchange(client, CODE, PENDING)


INVALID: Refusal = 401, {"error": "invalid_client"}
NO_ID: Refusal = 401, {"error": "invalid_client", "error_description": "Missing client_id"}
SEVERAL: Refusal = 400, {"error": "invalid_request", "error_description": "multiple client authentication methods"}


def invalid_request(said: str) -> Refusal:
    return 400, {"error": "invalid_request", "error_description": said}


WANTS_SECRET: list[Refusal] = [
    SEVERAL,
    (403, {"error": "invalid_client"}),
    (401, {"errors": [{"code": "invalid_client"}]}),
    (400, {"__type": "InvalidClientException"}),
    (400, {"error": "invalid_request", "message": "The request uses more than one mechanism for authentication"}),
    invalid_request("Only client_secret_post is supported"),
    invalid_request("Missing parameter: client_secret"),
    invalid_request("client_id or client_secret is missing"),
    invalid_request("Basic authentication is not supported"),
]


def wants_secret(refusal: Refusal) -> Judge:
    return lambda seen: None if "secret" in seen else refusal


async def test_a_strict_server_sees_one_method() -> None:
    driver, posts = server(lambda seen: SEVERAL if len({"basic"} & seen | {"id", "secret"} & seen) > 1 else None)

    assert (await exchange(driver)).auth_method == "client_secret_basic"
    assert posts == [{"basic"}]


@pytest.mark.parametrize(
    ("judge", "method", "posts"),
    [
        (lambda seen: None if "secret" in seen else INVALID, "client_secret_post", [{"basic"}, {"id", "secret"}]),
        (lambda seen: None if "id" in seen else NO_ID, "client_secret_basic_with_id", [{"basic"}, {"basic", "id"}]),
        *((wants_secret(refusal), "client_secret_post", [{"basic"}, {"id", "secret"}]) for refusal in WANTS_SECRET),
    ],
)
async def test_the_other_method_is_tried_once_and_used_for_the_refresh(
    judge: Judge, method: str, posts: list[set[str]]
) -> None:
    driver, seen = server(judge)

    tokens = await exchange(driver)
    assert tokens.auth_method == method
    assert tokens.auth_method is not None
    await driver.refresh(replace(CLIENT, auth_method=tokens.auth_method), Secret("rt"), "https://lab.example/token")

    assert seen == [*posts, posts[-1]]


async def test_a_basic_challenge_without_words_is_a_complaint_about_the_method() -> None:
    posts: list[set[str]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        posts.append(seen_in(request))
        if posts[-1] == {"basic"}:
            return httpx2.Response(200, json=GOOD)
        return httpx2.Response(401, headers={"WWW-Authenticate": 'Basic realm="token"'})

    tokens = await exchange(Driver(httpx2.MockTransport(handle)), replace(CLIENT, auth_method="client_secret_post"))

    assert (tokens.auth_method, posts) == ("client_secret_basic", [{"id", "secret"}, {"basic"}])


async def test_a_server_that_wants_basic_is_told_so_after_a_form_was_refused() -> None:
    driver, seen = server(lambda seen: None if seen == {"basic"} else INVALID)

    tokens = await exchange(driver, replace(CLIENT, auth_method="client_secret_post"))

    assert (tokens.auth_method, seen) == ("client_secret_basic", [{"id", "secret"}, {"basic"}])


@pytest.mark.parametrize(
    ("refusal", "kind", "posts"),
    [
        (INVALID, ClientRefusedError, 2),
        ((400, {"error": "invalid_grant"}), ExchangeRefusedError, 1),
        ((400, {"error": "invalid_request", "error_description": "bad redirect_uri"}), OAuthError, 1),
        ((400, {"error": "invalid_scope"}), VendorMisconfiguredError, 1),
        (invalid_request("redirect_uri does not match the client_id"), ExchangeRefusedError, 1),
        (invalid_request("The authorization code was issued to another client_id"), ExchangeRefusedError, 1),
        ((400, {"error": "invalid_client", "errors": [{"code": "invalid_grant"}]}), ClientRefusedError, 1),
        ((401, {"errors": [{"code": "invalid_client"}]}), ClientRefusedError, 2),
        ((200, {"ok": False, "error": "bad_client_secret"}), ClientRefusedError, 1),
        ((500, {"error": "invalid_client"}), OAuthError, 1),
        ((429, {"error": "invalid_client"}), OAuthError, 1),
        ((200, {"error": "invalid_client", "access_token": "at"}), OAuthError, 1),
    ],
    ids=str,
)
async def test_a_code_that_may_be_used_is_posted_once(refusal: Refusal, kind: type[OAuthError], posts: int) -> None:
    driver, seen = server(lambda _: refusal)

    with pytest.raises(kind):
        await exchange(driver)
    assert len(seen) == posts


async def test_a_refused_client_is_told_to_the_operator_with_the_key_that_helps() -> None:
    driver, _ = server(lambda _: INVALID)

    with pytest.raises(ClientRefusedError) as refused:
        await exchange(driver)
    assert "token_endpoint_auth_method" in refused.value.todo


async def test_a_refresh_token_is_never_posted_twice_for_it() -> None:
    """A second try posts a token that may be spent."""
    driver, seen = server(lambda _: INVALID)

    with pytest.raises(ClientRefusedError):
        await driver.refresh(CLIENT, Secret("rt"), "https://lab.example/token")
    assert len(seen) == 1


async def test_a_public_client_has_its_id_in_the_form_and_no_other_method() -> None:
    driver, seen = server(lambda _: INVALID)

    with pytest.raises(ClientRefusedError):
        await exchange(driver, replace(CLIENT, client_secret=None))
    assert seen == [{"id"}]


@pytest.mark.parametrize(
    ("announced", "method"),
    [
        (None, "client_secret_basic"),
        (["client_secret_post"], "client_secret_post"),
        (["client_secret_post", "client_secret_basic"], "client_secret_basic"),
        (["private_key_jwt"], "client_secret_basic"),
    ],
)
def test_a_discovered_client_authenticates_as_the_metadata_says(announced: list[Json] | None, method: str) -> None:
    found: dict[str, Json] = {
        "authorization_endpoint": "https://lab.example/authorize",
        "token_endpoint": "https://lab.example/token",
        "token_endpoint_auth_methods_supported": announced,
    }

    assert with_endpoints(CLIENT, found).auth_method == method
