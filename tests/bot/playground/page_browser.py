"""A browser without a window: it calls the playground's API as the page's scripts do."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from openab_auth.bot.playground.discord.rules import walk
from openab_auth.bot.playground.page_access import KEY_HEADER
from tests.support.patience import PATIENCE

Json = dict[str, Any]


@dataclass(slots=True)
class Browser:
    """Call the API as the page's scripts do."""

    http: httpx2.AsyncClient
    ready: Json
    process: asyncio.subprocess.Process

    async def act(self, name: str, person: str = "ada", **body: object) -> Json:
        reply = await self.http.post(f"/api/{name}", json={"person": person, **body})
        assert reply.status_code == 200, reply.text
        answer: Json = reply.json()
        return answer

    async def view(self, person: str = "ada", where: str = "guild") -> Json:
        return await self.until(lambda _: True, person, where)

    async def until(self, seen: Callable[[Json], bool], person: str = "ada", where: str = "guild") -> Json:
        view: Json = {}
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self.http.stream("GET", "/api/live", params={"person": person, "where": where}) as news,
            ):
                async for line in news.aiter_lines():
                    view |= json.loads(line)
                    if seen(view):
                        return view
        except TimeoutError:
            pass
        pytest.fail(json.dumps(view))


@asynccontextmanager
async def starting(*words: str) -> AsyncIterator[Browser]:
    command = (sys.executable, "-m", "openab_auth", "playground", "--json", *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE))
        address = urlsplit(ready["url"])
        headers = {KEY_HEADER: parse_qs(address.query)["key"][0]}
        async with httpx2.AsyncClient(
            base_url=f"http://{address.netloc}", headers=headers, timeout=PATIENCE, trust_env=False
        ) as http:
            yield Browser(http, ready, process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE)


def parts(view: Json) -> list[Json]:
    return [dict(part) for message in view["messages"] for part in walk(message["components"])]


def text_of(view: Json) -> str:
    return json.dumps(view["messages"], ensure_ascii=False)


def login_link(view: Json) -> str:
    return next(str(part["url"]) for part in parts(view) if part.get("url"))
