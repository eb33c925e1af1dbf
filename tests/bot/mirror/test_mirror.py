"""A running mirror: it follows its store, renews ahead of time, and answers the refreshes of agents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from openab_auth.bot.mirror import run_mirror
from openab_auth.bot.mirror.endpoint import MirrorEndpoint
from openab_auth.bot.mirror.file import MirrorFile
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import Secret, TokenEntry
from tests.storage.entries import put, token
from tests.support import strict_reader
from tests.support.clock import Clock
from tests.support.patience import PATIENCE
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store


@asynccontextmanager
async def running(runtime: Runtime, file: MirrorFile, *named: str) -> AsyncIterator[MirrorEndpoint]:
    """Run a mirror; yield its endpoint when the file is there."""
    ready: asyncio.Future[MirrorEndpoint] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run_mirror(runtime, file, named, ready.set_result))
    waits: list[asyncio.Future[None] | asyncio.Future[MirrorEndpoint]] = [task, ready]
    await asyncio.wait(waits, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield ready.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def mirrored(file: MirrorFile) -> dict[str, dict[str, object]]:
    return {key: entry for key, (_, entry) in strict_reader.read(file.path).items()}


async def until_it_differs(file: MirrorFile, before: object) -> dict[str, dict[str, object]]:
    async with asyncio.timeout(PATIENCE):
        while (found := mirrored(file)) == before:
            await asyncio.sleep(0.01)
    return found


async def stored(runtime: Runtime, tenant: str = "lab") -> TokenEntry:
    entry = (await runtime.store.read())[tenant]
    assert isinstance(entry, TokenEntry)
    return entry


async def post(address: object) -> tuple[int, dict[str, object]]:
    """Refresh as the Rust agents do."""
    fields = {"grant_type": "refresh_token", "refresh_token": "", "client_id": "x"}
    async with aiohttp.ClientSession() as session, session.post(str(address), data=fields) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, json.loads(await answer.text() or "{}")


async def test_it_holds_every_shared_default_without_refresh_tokens(runtime: Runtime, file: MirrorFile) -> None:
    async with running(runtime, file):
        found = mirrored(file)

    assert found.keys() == {"lab", "key", "mcp:far"}
    assert found["lab"]["access_token"] == (await stored(runtime)).access_token.reveal()
    assert "mcp-rt" not in file.path.read_text()
    assert "id_token" not in file.path.read_text()
    assert (await stored(runtime)).refresh_token.reveal() not in file.path.read_text()


async def test_it_holds_the_accounts_that_are_named(runtime: Runtime, file: MirrorFile) -> None:
    async with running(runtime, file, "lab@work"):
        assert mirrored(file).keys() == {"lab@work"}


async def test_a_named_account_without_a_login_comes_when_its_login_does(runtime: Runtime, file: MirrorFile) -> None:
    async with running(runtime, file, "lab", "pi"):
        before = mirrored(file)
        entry = TokenEntry(Secret("new"), Secret(""), 2**64 - 1, "https://x.example/", "pi")
        await runtime.store.update(lambda draft: draft.update({"pi": entry}))

        assert (await until_it_differs(file, before)).keys() == {"lab", "pi"}


async def test_it_follows_logins_and_logouts(runtime: Runtime, file: MirrorFile) -> None:
    async with running(runtime, file):
        before = mirrored(file)
        entry = TokenEntry(Secret("new"), Secret(""), 2**64 - 1, "https://x.example/", "pi")
        await runtime.store.update(lambda draft: draft.update({"pi": entry}))
        with_pi = await until_it_differs(file, before)
        await runtime.store.update(lambda draft: draft.pop("pi"))

        assert with_pi["pi"]["access_token"] == "new"
        assert (await until_it_differs(file, with_pi)).keys() == before.keys()


async def test_it_renews_before_the_token_ends(
    runtime: Runtime, file: MirrorFile, clock: Clock, issuer: Issuer
) -> None:
    async with running(runtime, file):
        before = mirrored(file)
        clock.now += 3600 - 600  # ten minutes before its end
        entry = TokenEntry(Secret("wakes it"), Secret(""), 2**64 - 1, "https://x.example/", "pi")
        await runtime.store.update(lambda draft: draft.update({"pi": entry}))
        found = await until_it_differs(file, before)

        assert found["lab"]["access_token"] == (await stored(runtime)).access_token.reveal()
        assert found["lab"]["access_token"] != before["lab"]["access_token"]
        assert len(issuer.requests("/token")) == 1


async def test_its_token_endpoint_answers_with_the_current_token(
    runtime: Runtime, file: MirrorFile, clock: Clock
) -> None:
    async with running(runtime, file):
        address = mirrored(file)["lab"]["token_endpoint"]
        first = await post(address)
        clock.now += 3600

        status, reply = await post(address)

    assert first == (200, {"access_token": first[1]["access_token"], "token_type": "Bearer", "expires_in": 3600})
    assert status == 200
    assert reply["access_token"] == (await stored(runtime)).access_token.reveal() != first[1]["access_token"]
    assert "refresh_token" not in reply


async def test_only_readers_of_the_mirror_know_the_address(runtime: Runtime, file: MirrorFile) -> None:
    async with running(runtime, file) as endpoint:
        address = str(mirrored(file)["lab"]["token_endpoint"])

        assert address.startswith(endpoint.url)
        assert len(address) > len(f"{endpoint.url}/lab") + 40
        assert (await post(f"{endpoint.url}/guessed/lab"))[0] == 404
        assert await post(address.replace("/lab", "/other")) == (400, {"error": "invalid_grant"})


async def test_an_outage_of_the_vendor_is_temporary(
    runtime: Runtime, file: MirrorFile, clock: Clock, issuer: Issuer
) -> None:
    async with running(runtime, file):
        address = mirrored(file)["lab"]["token_endpoint"]
        clock.now += 3600
        issuer.faults.next("/token", status=503, times=50)

        assert await post(address) == (503, {"error": "temporarily_unavailable"})


async def test_it_follows_a_store_in_postgresql(
    runtime: Runtime, file: MirrorFile, postgres: Server, schema: str, tmp_path: Path, clock: Clock
) -> None:
    store = make_store(postgres, schema, tmp_path / "journal", clock)
    store.update(put("codex", token()))
    async with running(Runtime(store, runtime.catalogue, clock=clock), file):
        before = mirrored(file)
        store.update(put("codex", token(value="renewed elsewhere")))

        assert before["codex"]["access_token"] == "at"
        assert (await until_it_differs(file, before))["codex"]["access_token"] == "renewed elsewhere"
    store.close()
