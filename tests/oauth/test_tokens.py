"""Valid tokens for agents: one refresh for all of them, adopted, never repeated, never lost."""

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer, ThreadedIssuer
from oauth.catalogue import Catalogue
from oauth.config import AuthSettings, Config
from oauth.driver import Driver
from oauth.errors import (
    LoginDeadError,
    NotLoggedInError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from oauth.logins import Logins
from oauth.tokens import TokenSource
from storage import AsyncStore, FileStore, McpEntry, Secret, TokenEntry, UserId

ROOT = Path(__file__).parents[2]


@pytest.fixture
def issuer() -> Iterator[ThreadedIssuer]:
    with Issuer.in_thread() as issuer:
        yield issuer


@pytest.fixture
def table(issuer: ThreadedIssuer) -> dict[str, object]:
    return {
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scopes": ["openid", "email", "offline_access"],
    }


@pytest.fixture
def catalogue(table: dict[str, object]) -> Catalogue:
    return Catalogue.from_config(Config(auth=AuthSettings(vendors=("lab",)), vendors={"lab": table}), {})


@pytest.fixture
async def store(tmp_path: Path, catalogue: Catalogue, issuer: ThreadedIssuer) -> FileStore:
    """A store with a login at the issuer whose access token has expired."""
    store = FileStore(tmp_path / "auth.json")
    driver = Driver()
    logins = Logins(catalogue, AsyncStore(store), driver)
    offer = await logins.begin("lab", UserId(1))
    await logins.complete(await asyncio.to_thread(issuer.approve, offer.url), UserId(1))
    await logins.aclose()
    await driver.aclose()
    expire(store)
    return store


@pytest.fixture
async def source(store: FileStore, catalogue: Catalogue) -> AsyncIterator[TokenSource]:
    async with TokenSource(store, catalogue=catalogue) as source:
        yield source


def entry(store: FileStore) -> TokenEntry:
    found = store.read()["lab"]
    assert isinstance(found, TokenEntry)
    return found


def replace(store: FileStore, **fields: object) -> None:
    store.update(lambda entries: entries.__setitem__("lab", dataclasses.replace(entry(store), **fields)))  # type: ignore[arg-type]


def expire(store: FileStore) -> None:
    replace(store, expires_at=int(time.time()) - 5)


def refreshes(issuer: ThreadedIssuer) -> int:
    return sum(seen.fields.get("grant_type") == "refresh_token" for seen in issuer.requests("/token"))


async def test_an_expired_token_is_refreshed_and_the_rotated_one_is_stored(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    before = entry(store)

    token = await source.get_valid("lab")

    after = entry(store)
    assert token.value == after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    assert token.expires_at == after.expires_at > time.time() + 3000
    assert refreshes(issuer) == 1


async def test_a_valid_token_is_served_without_a_request(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    replace(store, expires_at=int(time.time()) + 130)

    assert (await source.get_valid("lab")).value == entry(store).access_token
    assert refreshes(issuer) == 0


async def test_a_token_within_two_minutes_of_its_end_counts_as_expired(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    replace(store, expires_at=int(time.time()) + 110)

    await source.get_valid("lab")

    assert refreshes(issuer) == 1


async def test_sixty_four_tasks_cause_one_request(source: TokenSource, issuer: ThreadedIssuer) -> None:
    tokens = await asyncio.gather(*(source.get_valid("lab") for _ in range(64)))

    assert len({token.value for token in tokens}) == 1
    assert refreshes(issuer) == 1


AGENT = """
import asyncio, sys
from pathlib import Path
from oauth.catalogue import Catalogue
from oauth.config import read_config
from oauth.tokens import TokenSource
from storage import open_store
async def main():
    catalogue = Catalogue.from_config(read_config(Path(sys.argv[2]), {}), {})
    async with TokenSource(open_store(sys.argv[1]), catalogue=catalogue) as source:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print((await source.get_valid("lab")).value.reveal(), flush=True)
asyncio.run(main())
"""


def start_agents(count: int, store: FileStore, table: dict[str, object]) -> list["subprocess.Popen[str]"]:
    """Agent processes that have started and wait for their starting signal."""
    config = store.path.with_name("config.toml")
    config.write_text("[vendors.lab]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items()))
    agents = [
        subprocess.Popen(
            [sys.executable, "-c", AGENT, store.path, config],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for agent in agents:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "ready\n"
    return agents


async def test_eight_processes_at_one_expired_login_cause_one_request(
    store: FileStore, table: dict[str, object], issuer: ThreadedIssuer
) -> None:
    """Case 19: a vendor that takes 150 ms, and whoever presents a spent token ends the login for all."""
    issuer.faults.next("/token", delay=0.15, times=1)
    agents = await asyncio.to_thread(start_agents, 8, store, table)

    outputs = await asyncio.gather(*(asyncio.to_thread(agent.communicate, "\n") for agent in agents))

    assert {output for output, _ in outputs} == {entry(store).access_token.reveal() + "\n"}
    assert refreshes(issuer) == 1
    assert not any(family.revoked for family in issuer.families)


async def test_the_next_one_takes_over_when_the_one_who_refreshes_is_killed_before_the_request(
    store: FileStore, table: dict[str, object], catalogue: Catalogue, issuer: ThreadedIssuer
) -> None:
    code = """if True:
        import sys
        from storage import open_store
        lock = open_store(sys.argv[1]).refresh_lock("lab")
        assert lock.try_acquire()
        print("held", flush=True)
        sys.stdin.read()
    """
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(store.path), env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    async with TokenSource(store, catalogue=catalogue) as source:
        waiting = asyncio.create_task(source.get_valid("lab"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        holder.kill()
        begun = time.monotonic()

        token = await waiting

    await holder.communicate()
    assert time.monotonic() - begun < 1
    assert token.value == entry(store).access_token
    assert refreshes(issuer) == 1


async def test_callers_refused_with_the_same_token_rotate_it_once(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    first = await source.get_valid("lab")

    renewed = await asyncio.gather(*(source.force_refresh("lab", rejected=first) for _ in range(8)))
    late = [await source.force_refresh("lab", rejected=each) for each in (first, first.value, first.value.reveal())]

    assert {token.value for token in [*renewed, *late]} == {entry(store).access_token}
    assert refreshes(issuer) == 2


async def test_a_cancelled_caller_does_not_lose_the_rotated_token(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    issuer.faults.next("/token", delay=0.2)
    before = entry(store)
    caller = asyncio.create_task(source.get_valid("lab"))
    await asyncio.sleep(0.1)
    caller.cancel()
    await asyncio.wait([caller])

    assert caller.cancelled()
    assert (await source.get_valid("lab")).value == entry(store).access_token != before.access_token
    assert refreshes(issuer) == 1


async def test_a_logout_during_a_refresh_stands(source: TokenSource, store: FileStore, issuer: ThreadedIssuer) -> None:
    issuer.faults.next("/token", delay=0.3)
    refresh = asyncio.create_task(source.get_valid("lab"))
    await asyncio.sleep(0.15)
    await asyncio.to_thread(store.update, lambda entries: entries.pop("lab"))

    with pytest.raises(NotLoggedInError):
        await refresh
    assert "lab" not in store.read()


async def test_a_login_during_a_refresh_stands(source: TokenSource, store: FileStore, issuer: ThreadedIssuer) -> None:
    issuer.faults.next("/token", delay=0.3)
    refresh = asyncio.create_task(source.get_valid("lab"))
    await asyncio.sleep(0.15)
    fresh = {"access_token": Secret("another"), "refresh_token": Secret("other"), "expires_at": 4_000_000_000}
    await asyncio.to_thread(replace, store, **fresh)

    assert (await refresh).value == Secret("another")
    assert entry(store).refresh_token == Secret("other")


async def test_a_dead_refresh_token_is_posted_once_and_never_again_by_any_process(
    source: TokenSource, store: FileStore, catalogue: Catalogue, issuer: ThreadedIssuer
) -> None:
    replace(store, refresh_token=Secret("never-issued"))

    for _ in range(2):
        with pytest.raises(LoginDeadError):
            await source.get_valid("lab")
    async with TokenSource(FileStore(store.path), catalogue=catalogue) as restarted:
        with pytest.raises(LoginDeadError):
            await restarted.get_valid("lab")

    assert refreshes(issuer) == 1
    dead = store.notes()["lab"].dead
    assert dead is not None
    assert dead.fingerprint == Secret("never-issued").fingerprint()
    assert "never-issued" not in store.path.with_name("auth.json.notes").read_text()


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"html": "<h1>proxy</h1>"}, {"cut": "before"}])
async def test_a_transient_failure_keeps_the_login_and_serves_what_still_lives(
    fault: dict[str, object], source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    replace(store, expires_at=int(time.time()) + 300)
    before = entry(store)
    issuer.faults.next("/token", times=2, **fault)  # type: ignore[arg-type]

    assert (await source.get_valid("lab", min_ttl=600)).value == before.access_token
    expire(store)
    with pytest.raises(VendorUnavailableError):
        await source.get_valid("lab")

    assert entry(store).refresh_token == before.refresh_token
    assert (await source.get_valid("lab")).value != before.access_token


async def test_nobody_logged_in_an_unknown_vendor_and_no_refresh_token_are_told_apart(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    with pytest.raises(NotLoggedInError):
        await source.get_valid("codex")
    stranger = dataclasses.replace(entry(store), provider="stranger")
    store.update(lambda entries: entries.__setitem__("stranger", stranger))
    with pytest.raises(VendorMisconfiguredError, match="stranger"):
        await source.get_valid("stranger")
    replace(store, refresh_token=Secret(""))
    with pytest.raises(LoginDeadError):
        await source.get_valid("lab")
    assert refreshes(issuer) == 0


async def test_a_store_that_cannot_be_written_is_noticed_before_the_token_is_spent(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer, tmp_path: Path
) -> None:
    real = tmp_path / "real.json"
    store.path.rename(real)
    store.path.symlink_to(real)  # refused on write, and read through

    with pytest.raises(Exception, match="symbolic link"):
        await source.get_valid("lab")
    assert refreshes(issuer) == 0


async def test_an_mcp_servers_token_is_served_while_it_lives(source: TokenSource, store: FileStore) -> None:
    reply = {"access_token": "mcp-token", "token_type": "bearer", "expires_in": 3600}
    for age, name in ((0, "fresh"), (4000, "old")):
        made = McpEntry("c", reply, (), int(time.time()) - age)
        store.update(lambda entries, name=name, made=made: entries.__setitem__(name, made))

    assert (await source.get_valid("fresh")).value == Secret("mcp-token")
    with pytest.raises(OAuthError):
        await source.get_valid("old")


async def test_the_httpx2_auth_attaches_the_token_and_repeats_once_after_a_401(
    source: TokenSource, store: FileStore, issuer: ThreadedIssuer
) -> None:
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["Authorization"])
        assert request.content == b"body"
        return httpx2.Response(401 if len(seen) == 1 else 200)

    async with httpx2.AsyncClient(auth=source.auth("lab"), transport=httpx2.MockTransport(answer)) as client:
        reply = await client.post("https://api.example.com/", content=b"body")

    assert reply.status_code == 200
    assert len(set(seen)) == 2
    assert seen[1] == f"Bearer {entry(store).access_token.reveal()}"
    assert refreshes(issuer) == 2


def test_a_synchronous_client_is_told_why_it_cannot(store: FileStore, catalogue: Catalogue) -> None:
    source = TokenSource(store, catalogue=catalogue)

    with httpx2.Client(auth=source.auth("lab")) as client, pytest.raises(TypeError, match="AsyncClient"):
        client.get("https://api.example.com/")
