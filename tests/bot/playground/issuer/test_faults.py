"""The injected faults of the embedded authorization server."""

from __future__ import annotations

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer
from tests.bot.playground.issuer.issuer_client import answer, exchange, link


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
