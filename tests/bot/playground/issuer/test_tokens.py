"""The tokens of the embedded authorization server: exchange, rotation, revocation, userinfo."""

from __future__ import annotations

import base64
import json
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer, ThreadedIssuer
from tests.bot.playground.issuer.issuer_client import Clock, answer, exchange, link, log_in, refresh


@pytest.mark.parametrize("as_json", [False, True])
async def test_a_code_becomes_tokens(issuer: Issuer, http: httpx2.AsyncClient, *, as_json: bool) -> None:
    code = answer(await issuer.approve(link(issuer), account="grace@example.com"))["code"]
    body = exchange(code)
    reply = await (http.post(issuer.token_url, json=body) if as_json else http.post(issuer.token_url, data=body))
    grant = reply.json()
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert (grant["token_type"], grant["expires_in"]) == ("Bearer", 3600)
    claims = grant["id_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["email"] == "grace@example.com"
    assert issuer.requests("/token")[0].fields == body


async def test_without_openid_there_is_no_id_token(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    code = answer(await issuer.approve(link(issuer, scope="offline_access")))["code"]
    assert "id_token" not in (await http.post(issuer.token_url, data=exchange(code))).json()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1455/other"}, "invalid_grant"),
        ({"code": "ac_unknown"}, "invalid_grant"),
        ({"client_id": "stranger"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_an_invalid_exchange_gives_no_tokens(
    issuer: Issuer, http: httpx2.AsyncClient, changes: dict[str, str], error: str
) -> None:
    code = answer(await issuer.approve(link(issuer)))["code"]
    reply = await http.post(issuer.token_url, data=exchange(code, **changes))
    assert reply.status_code in {400, 401}
    assert reply.json()["error"] == error
    assert issuer.families == []


async def test_a_code_expires(issuer: Issuer, http: httpx2.AsyncClient, clock: Clock) -> None:
    code = answer(await issuer.approve(link(issuer)))["code"]
    clock.now += 601
    assert (await http.post(issuer.token_url, data=exchange(code))).json()["error"] == "invalid_grant"


async def test_a_code_used_twice_revokes_its_tokens(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    code = answer(await issuer.approve(link(issuer)))["code"]
    first = await http.post(issuer.token_url, data=exchange(code))
    second = await http.post(issuer.token_url, data=exchange(code))
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert (issuer.families[0].revoked, issuer.families[0].reuses) == (True, 1)
    again = await http.post(issuer.token_url, data=refresh(first.json()["refresh_token"]))
    assert again.json()["error"] == "invalid_grant"


async def test_a_refresh_rotates_the_refresh_token(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    first = await log_in(issuer, http)
    second = (await http.post(issuer.token_url, data=refresh(first["refresh_token"]))).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert (issuer.families[0].refreshes, issuer.families[0].revoked) == (1, False)


async def test_a_used_refresh_token_revokes_the_whole_family(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    first = await log_in(issuer, http)
    second = (await http.post(issuer.token_url, data=refresh(first["refresh_token"]))).json()
    reuse = await http.post(issuer.token_url, data=refresh(first["refresh_token"]))
    assert (reuse.status_code, reuse.json()["error"]) == (400, "invalid_grant")
    assert (issuer.families[0].revoked, issuer.families[0].reuses) == (True, 1)
    good_until_then = await http.post(issuer.token_url, data=refresh(second["refresh_token"]))
    assert good_until_then.json()["error"] == "invalid_grant"
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    assert (await http.get(issuer.userinfo_url, headers=bearer)).status_code == 401


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_revoking_a_token_ends_its_family(issuer: Issuer, http: httpx2.AsyncClient, kind: str) -> None:
    grant = await log_in(issuer, http)
    reply = await http.post(issuer.revoke_url, json={"token": grant[kind], "client_id": CLIENT_ID})
    assert reply.status_code == 200
    assert issuer.families[0].revoked
    assert issuer.families[0].reuses == 0


async def test_revoking_an_unknown_token_gets_the_same_reply(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    assert (await http.post(issuer.revoke_url, data={"token": "unknown"})).status_code == 200
    assert (await http.post(issuer.revoke_url, data={})).status_code == 400


async def test_userinfo_serves_an_access_token_until_it_expires(
    issuer: Issuer, http: httpx2.AsyncClient, clock: Clock
) -> None:
    bearer = {"Authorization": f"Bearer {(await log_in(issuer, http))['access_token']}"}
    assert (await http.get(issuer.userinfo_url, headers=bearer)).json()["email"] == "ada@example.com"
    clock.now += 3601
    expired = await http.get(issuer.userinfo_url, headers=bearer)
    assert expired.status_code == 401
    assert "invalid_token" in expired.headers["WWW-Authenticate"]


async def test_metadata_names_every_endpoint(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    metadata = (await http.get(f"{issuer.url}/.well-known/oauth-authorization-server")).json()
    assert metadata == issuer.metadata
    assert metadata["token_endpoint"] == issuer.token_url


def test_the_threaded_server_serves_blocking_callers() -> None:
    with ThreadedIssuer.listening() as issuer:
        query = parse_qs(urlsplit(issuer.approve(link(issuer.issuer))).query)
        with urllib.request.urlopen(issuer.token_url, urlencode(exchange(query["code"][0])).encode()) as reply:  # noqa: S310
            assert json.load(reply)["refresh_token"] == issuer.families[0].refresh_token
        assert issuer.deny(link(issuer.issuer)).startswith(f"{REDIRECT_URI}?error=access_denied")
