"""A login that the vendor refuses to renew is reported as dead, unless another login has come in."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError, VendorMisconfiguredError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, AsyncStore, FileStore, Secret, StorageError, TokenEntry
from tests.oauth.tokens.refresh.changed_logins import change
from tests.oauth.tokens.stored_logins import reached, stored
from tests.support.clock import Clock

INVALID_GRANT = {"status": 400, "body": {"error": "invalid_grant"}}


@pytest.mark.parametrize("other", ["login", "logout"])
async def test_a_login_or_logout_during_the_request_stands(
    other: str, source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    caller = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    if other == "login":
        new = await change(store, login, access_token=Secret("theirs"), refresh_token=Secret("their refresh"))
        answer.set()
        assert (await caller).value == new.access_token
        assert await stored(store) == new
    else:
        await store.update(lambda draft: draft.pop("lab"))
        answer.set()
        with pytest.raises(NotLoggedInError):
            await caller
        assert not await store.read()
        assert not await store.notes()


# dead logins


async def test_every_later_process_tells_a_dead_login_with_its_reason_and_time(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, catalogue: Catalogue, clock: Clock
) -> None:
    issuer.families[0].revoked = True
    with pytest.raises(LoginDeadError) as first:
        await source.force_refresh("lab")
    died_at = int(clock.now)
    clock.now += 5000

    async with TokenSource(FileStore(tmp_path / "auth.json"), catalogue=catalogue, clock=clock) as restarted:
        with pytest.raises(LoginDeadError) as later:
            await restarted.get_valid("lab")

    assert login.refresh_token.reveal() not in (tmp_path / "auth.json.notes").read_text()
    assert later.value.reason == first.value.reason
    assert later.value.since == died_at
    assert len(issuer.requests("/token")) == 1


async def test_a_new_login_is_refreshed_although_the_one_before_it_died(
    source: TokenSource, login: TokenEntry, issuer: Issuer, logins: Logins
) -> None:
    issuer.families[0].revoked = True
    with pytest.raises(LoginDeadError):
        await source.force_refresh("lab")
    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)

    assert (await source.force_refresh("lab")).value != login.access_token


async def test_a_refusal_while_another_login_came_in_adopts_that_one(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer, **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    other = await change(store, login, access_token=Secret("theirs"), refresh_token=Secret("their refresh"))
    answer.set()

    assert (await waiter).value == other.access_token
    assert await stored(store) == other
    assert (await store.notes())["lab"].dead is None


async def test_who_is_refused_while_being_logged_out_is_not_logged_in(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer, **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    await store.update(lambda draft: draft.pop("lab"))
    answer.set()

    with pytest.raises(NotLoggedInError):
        await waiter


async def test_a_login_is_told_to_be_dead_even_when_that_cannot_be_noted(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer, **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    notes = tmp_path / "auth.json.notes"
    notes.unlink()
    notes.mkdir()
    answer.set()

    with pytest.raises(LoginDeadError):
        await waiter
    assert "lab: the result of its refresh could not be noted" in caplog.text


async def test_a_token_is_not_posted_while_the_notes_cannot_be_read(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path
) -> None:
    notes = tmp_path / "auth.json.notes"
    notes.unlink()
    notes.mkdir()

    with pytest.raises(StorageError, match=r"auth\.json\.notes could not be read"):
        await source.force_refresh("lab")

    assert issuer.requests("/token") == []


async def test_a_renewed_login_is_stored_though_the_notes_became_unreadable(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    notes = tmp_path / "auth.json.notes"
    notes.unlink()
    notes.mkdir()
    answer.set()

    renewed = await waiter

    entry = (await store.read())["lab"]
    assert isinstance(entry, TokenEntry)
    assert entry.access_token == renewed.value != login.access_token
    assert not os.path.lexists(tmp_path / "auth.json.spill.lab")  # noqa: ASYNC240 -- a folder of its own


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "unsupported_grant_type"])
async def test_a_refused_client_is_the_operators_matter_and_kills_no_login(
    error: str, source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", status=401, body={"error": error})

    with pytest.raises(VendorMisconfiguredError, match=error):
        await source.force_refresh("lab")

    assert await stored(store) == login
    assert (await store.notes())["lab"].dead is None
    assert (await source.force_refresh("lab")).value != login.access_token
