"""A driver over a transport that gives exactly one reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2

from openab_auth.oauth.client import Driver, TokenResponse
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import PendingEntry, Secret, Tenant

NOW = 1_800_000_000.0
VENDOR = Vendor(
    VendorName("lab"), "Lab", Tenant("lab"), client_id="lab-public", redirect_uri="http://localhost:1455/auth/callback"
)
PENDING = PendingEntry(Secret("verifier-" + "v" * 34), Secret("state-" + "s" * 37), "https://lab.example/token", "lab")
Ask = Callable[[httpx2.Response | Exception], Awaitable[TokenResponse]]


def driver_answering(answer: httpx2.Response | Exception) -> Driver:
    def handle(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Driver(httpx2.MockTransport(handle), clock=lambda: NOW)


async def refresh(answer: httpx2.Response | Exception) -> TokenResponse:
    return await driver_answering(answer).refresh(
        VENDOR.client(), Secret("rt-" + "r" * 30), "https://lab.example/token"
    )


async def exchange(answer: httpx2.Response | Exception) -> TokenResponse:
    return await driver_answering(answer).exchange(VENDOR.client(), Secret("code-" + "c" * 30), PENDING)


def reply(status: int, body: object, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)
