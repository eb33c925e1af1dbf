"""The embedded authorization server: tokens, errors and injected faults."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from openab_auth.bot.playground.issuer import (
    CLIENT_ID,
    REDIRECT_URI,
    Issuer,
    RegisteredClient,
    SignInRefusedError,
    ThreadedIssuer,
)

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def issuer(clock: Clock) -> AsyncIterator[Issuer]:
    async with Issuer.listening(clock=clock) as issuer:
        yield issuer


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=5, trust_env=False) as http:
        yield http


def link(issuer: Issuer, **changes: str | None) -> str:
    query: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid email offline_access",
        "state": "st4te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return f"{issuer.authorize_url}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def answer(redirect: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(redirect).query))


def exchange(granted: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "code": granted,
        "code_verifier": VERIFIER,
        **changes,
    }


def refresh(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": token}


async def log_in(issuer: Issuer, http: httpx2.AsyncClient) -> dict[str, str]:
    code = answer(await issuer.approve(link(issuer)))["code"]
    grant: dict[str, str] = (await http.post(issuer.token_url, data=exchange(code))).json()
    return grant


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


async def test_other_clients_can_be_registered() -> None:
    other = RegisteredClient("desk", "http://127.0.0.1:9/back")
    async with Issuer.listening(clients=[other]) as issuer:
        redirect = await issuer.approve(link(issuer, client_id=other.client_id, redirect_uri=other.redirect_uri))
    assert redirect.startswith(f"{other.redirect_uri}?code=")


async def test_a_fault_applies_to_the_given_number_of_requests(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    issuer.faults.next("/token", status=503, html="<h1>busy</h1>", headers={"Retry-After": "7"}, times=2)
    grant = await log_in_raw(issuer, http)
    assert (grant.status_code, grant.headers["Retry-After"]) == (503, "7")
    assert grant.headers["Content-Type"].startswith("text/html")
    assert (await http.post(issuer.token_url, data={})).status_code == 503
    assert (await http.post(issuer.token_url, data={})).status_code == 401
    assert issuer.families == []


async def log_in_raw(issuer: Issuer, http: httpx2.AsyncClient) -> httpx2.Response:
    code = answer(await issuer.approve(link(issuer)))["code"]
    return await http.post(issuer.token_url, data=exchange(code))


@pytest.mark.parametrize(("cut", "granted"), [("before", 0), ("after", 1)])
async def test_a_closed_connection_does_not_show_whether_the_request_counted(
    issuer: Issuer, http: httpx2.AsyncClient, cut: str, granted: int
) -> None:
    issuer.faults.next("/token", cut="before" if cut == "before" else "after")
    with pytest.raises(httpx2.TransportError):
        await log_in_raw(issuer, http)
    assert len(issuer.families) == granted
    assert len(issuer.requests("/token")) == 1


async def test_a_delayed_reply_still_applies_the_request(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    issuer.faults.next("/token", delay=30)
    with pytest.raises(httpx2.ReadTimeout):
        await http.post(
            issuer.token_url,
            data=exchange(answer(await issuer.approve(link(issuer)))["code"]),
            timeout=0.2,
        )
    assert len(issuer.families) == 1


@pytest.mark.parametrize("drip", [None, 0.001])
async def test_an_endless_reply_lasts_until_the_client_disconnects(
    issuer: Issuer, http: httpx2.AsyncClient, drip: float | None
) -> None:
    issuer.faults.next("/token", endless=True, drip=drip)
    received = 0
    async with http.stream("POST", issuer.token_url, data={}) as reply:
        async for chunk in reply.aiter_bytes():
            received += len(chunk)
            if received > (50 if drip else 100_000):
                break
    assert received > 50


def test_the_threaded_server_serves_blocking_callers() -> None:
    with ThreadedIssuer.listening() as issuer:
        query = parse_qs(urlsplit(issuer.approve(link(issuer.issuer))).query)
        with urllib.request.urlopen(issuer.token_url, urlencode(exchange(query["code"][0])).encode()) as reply:  # noqa: S310
            assert json.load(reply)["refresh_token"] == issuer.families[0].refresh_token
        assert issuer.deny(link(issuer.issuer)).startswith(f"{REDIRECT_URI}?error=access_denied")
