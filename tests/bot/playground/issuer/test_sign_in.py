"""The sign-in page of the embedded authorization server, and where it leads."""

from __future__ import annotations

import httpx2
import pytest

from openab_auth.bot.playground.issuer import REDIRECT_URI, Issuer, RegisteredClient, SignInRefusedError
from tests.bot.playground.issuer.issuer_client import answer, link


async def test_allowing_ends_on_the_redirect_with_code_state_and_iss(issuer: Issuer) -> None:
    redirect = await issuer.approve(link(issuer))
    assert redirect.startswith(f"{REDIRECT_URI}?")
    assert answer(redirect).keys() == {"code", "state", "iss"}
    assert answer(redirect)["state"] == "st4te"
    assert answer(redirect)["iss"] == issuer.url


async def test_denying_ends_on_the_redirect_with_access_denied(issuer: Issuer) -> None:
    denied = answer(await issuer.deny(link(issuer)))
    assert (denied["error"], denied["state"], denied["iss"]) == ("access_denied", "st4te", issuer.url)


@pytest.mark.parametrize(
    "changes", [{"client_id": "stranger"}, {"redirect_uri": f"{REDIRECT_URI}/"}, {"redirect_uri": None}]
)
async def test_an_unknown_client_or_redirect_is_refused_without_a_redirect(
    issuer: Issuer, changes: dict[str, str | None]
) -> None:
    with pytest.raises(SignInRefusedError) as refused:
        await issuer.approve(link(issuer, **changes))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
    ],
)
async def test_an_invalid_authorization_request_redirects_with_an_error(
    issuer: Issuer, changes: dict[str, str | None], error: str
) -> None:
    assert answer(await issuer.approve(link(issuer, **changes)))["error"] == error


async def test_a_repeated_parameter_redirects_with_an_error(issuer: Issuer) -> None:
    assert answer(await issuer.approve(f"{link(issuer)}&state=other"))["error"] == "invalid_request"


async def test_the_sign_in_page_escapes_text_from_the_link(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    page = await http.get(link(issuer, scope="<script>alert(1)</script>"))
    assert "<script>" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_a_sign_in_is_decided_once(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    page = (await http.get(link(issuer))).text
    sign_in = page.split('name="sign_in" value="')[1].split('"')[0]
    fields = {"sign_in": sign_in, "decision": "allow", "account": "ada@example.com"}
    statuses = [(await http.post(f"{issuer.url}/decision", data=fields)).status_code for _ in range(2)]
    assert statuses == [302, 400]


async def test_other_clients_can_be_registered() -> None:
    other = RegisteredClient("desk", "http://127.0.0.1:9/back")
    async with Issuer.listening(clients=[other]) as issuer:
        redirect = await issuer.approve(link(issuer, client_id=other.client_id, redirect_uri=other.redirect_uri))
    assert redirect.startswith(f"{other.redirect_uri}?code=")
