"""A login with an API key: checked where the vendor can be asked, stored without an end, read by agents."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import (
    ConfigError,
    KeyUncheckedError,
    LoginDeadError,
    LoginTakenError,
    NetworkVariableError,
    NoPendingLoginError,
    PasteRefusedError,
)
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.paste import PasteMistake
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, TokenEntry, UserId
from openab_auth.storage.entries import NEVER
from tests.support import strict_reader
from tests.support.clock import Clock

ADA, BOB = UserId(42), UserId(43)
KEY = "key_canary_0a1b2c3d4e5f"
CHECK = "/userinfo"


async def test_a_key_that_the_vendor_knows_is_stored_without_an_end(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next(CHECK, status=204)
    await logins.begin("keyed", ADA)

    done = await logins.complete(f"export KEYED_API_KEY='{KEY}'\n", ADA)

    assert (done.vendor.name, done.expires_at, done.account) == ("keyed", NEVER, None)
    (seen,) = issuer.requests(CHECK)
    assert (seen.method, seen.headers["Authorization"], seen.fields) == ("GET", f"Bearer {KEY}", {})
    entry = (await store.read())["keyed"]
    assert isinstance(entry, TokenEntry)
    assert (entry.access_token.reveal(), entry.refresh_token.reveal()) == (KEY, "")
    assert (entry.expires_at, entry.token_endpoint) == (18446744073709551615, issuer.userinfo_url)
    assert not await logins.pending(ADA)


@pytest.mark.parametrize(
    ("vendor", "url", "endpoint"),
    [
        ("cursor", "https://cursor.com/dashboard?tab=integrations", "https://cursor.com/dashboard?tab=integrations"),
        ("mimocode", "https://platform.xiaomimimo.com/", "https://platform.xiaomimimo.com/"),
        ("bare", "", "https://bare.invalid/"),
        ("bare@work", "", "https://bare.invalid/"),
    ],
)
async def test_without_a_check_url_the_key_is_stored_and_sent_nowhere(
    vendor: str, url: str, endpoint: str, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    offer = await logins.begin(vendor, ADA)
    assert (offer.url, offer.user_code, offer.waits, offer.takes_paste, offer.takes_key) == (
        url,
        None,
        False,
        True,
        True,
    )

    await logins.complete(KEY, ADA)

    entry = (await store.read())[vendor]
    assert isinstance(entry, TokenEntry)
    assert (entry.access_token.reveal(), entry.token_endpoint, entry.provider) == (KEY, endpoint, vendor)
    assert not issuer.requests()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_the_vendor_refuses_is_not_stored_and_the_login_waits(
    status: int, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.begin("keyed", ADA)
    issuer.faults.next(CHECK, status=status, body={"error": KEY})

    with pytest.raises(PasteRefusedError) as refused:
        await logins.complete(KEY, ADA)

    assert refused.value.reason == PasteMistake.KEY_REFUSED
    assert "keyed" not in await store.read()
    issuer.faults.next(CHECK, status=200)
    assert (await logins.complete(KEY, ADA)).vendor.name == "keyed"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(302, {"Location": "http://127.0.0.1:9/"}), (400, {}), (404, {}), (407, {}), (429, {}), (500, {}), (503, {})],
)
async def test_any_other_answer_is_an_outage_and_the_login_waits(
    status: int, headers: dict[str, str], logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.begin("keyed", ADA)
    issuer.faults.next(CHECK, status=status, headers=headers, body={"error": "invalid_client", "message": KEY})

    with pytest.raises(KeyUncheckedError) as unchecked:
        await logins.complete(KEY, ADA)

    assert f"could not be checked, because keyed gave no usable answer (HTTP {status})" in str(unchecked.value)
    assert "still waits" in unchecked.value.kept
    assert KEY not in str(unchecked.value)
    assert await logins.pending(ADA)
    assert "keyed" not in await store.read()


async def test_silence_is_an_outage_whose_error_holds_no_key(
    logins: Logins, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await logins.begin("keyed", ADA)
    issuer.faults.next(CHECK, cut="before")

    with pytest.raises(KeyUncheckedError) as unchecked:
        await logins.complete(KEY, ADA)

    assert await logins.pending(ADA)
    assert unchecked.value.__suppress_context__
    assert KEY not in repr(unchecked.value) + str(vars(unchecked.value))
    ours = [one for one in caplog.records if one.name.startswith("openab_auth")]
    assert not any(KEY in one.getMessage() for one in ours)


async def test_a_login_whose_key_could_not_be_checked_does_not_begin(
    catalogue: Catalogue, store: AsyncStore, clock: Clock
) -> None:
    driver = Driver(environ={"ALL_PROXY": "socks4://127.0.0.1:9"})
    logins = Logins(catalogue, store, driver, clock=clock)

    with pytest.raises(NetworkVariableError):
        await logins.begin("keyed", ADA)

    await logins.begin("bare", ADA)
    assert (await logins.complete(KEY, ADA)).vendor.name == "bare"
    await logins.aclose()
    await driver.aclose()


async def test_agents_read_the_key_and_a_refused_key_ends_the_login(
    logins: Logins, source: TokenSource, store: AsyncStore, clock: Clock
) -> None:
    """Any server can refuse a token once, so that the login ends at the second refusal, minutes later."""
    await logins.begin("cursor", ADA)
    await logins.complete(KEY, ADA)
    token = await source.get_valid("cursor")
    assert (token.value.reveal(), token.expires_at) == (KEY, NEVER)
    assert KEY not in repr(token) + repr(await store.read())

    for _ in range(2):
        with pytest.raises(LoginDeadError, match="log in again"):
            await source.force_refresh("cursor", token)
        clock.now += 301

    with pytest.raises(LoginDeadError, match="log in again"):
        await source.get_valid("cursor")
    assert [one.state for one in await logins.states.all()] == ["dead"]
    await logins.begin("cursor", BOB)
    await logins.complete(f"{KEY}-new", BOB)
    assert (await source.get_valid("cursor")).value.reveal() == f"{KEY}-new"


async def test_the_rust_agents_read_a_store_with_a_pending_and_a_stored_key(logins: Logins, tmp_path: Path) -> None:
    await logins.begin("bare", ADA)
    await logins.complete(KEY, ADA)
    await logins.begin("cursor", ADA)

    assert strict_reader.read(tmp_path / "auth.json").keys() == {"bare", "pending:cursor:42"}


async def test_logout_removes_a_key_and_says_that_it_is_not_revoked(logins: Logins, store: AsyncStore) -> None:
    await logins.begin("cursor", ADA)
    await logins.complete(KEY, ADA)

    done = await logins.logout(await logins.account("cursor"), revoke=True)

    assert (done.removed, done.revoked) == (True, False)
    assert not await store.read()


async def test_a_key_pasted_twice_is_stored_once(logins: Logins) -> None:
    await logins.begin("bare", ADA)

    ends = await asyncio.gather(*(logins.complete(KEY, ADA) for _ in range(2)), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["LoginResult", "NoPendingLoginError"]


async def test_a_key_cancelled_during_its_check_is_not_stored(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    held = asyncio.Event()
    issuer.faults.next(CHECK, status=200, until=held)
    await logins.begin("keyed", ADA)
    pasting = asyncio.create_task(logins.complete(KEY, ADA))
    while not issuer.requests(CHECK):
        await asyncio.sleep(0)

    await logins.cancel(ADA, "keyed")
    held.set()

    with pytest.raises(NoPendingLoginError):
        await pasting
    assert not await store.read()


async def test_another_persons_key_is_replaced_only_after_a_question(logins: Logins, issuer: Issuer) -> None:
    await logins.begin("bare", ADA)
    await logins.begin("bare", BOB)
    await logins.complete(KEY, ADA)

    with pytest.raises(LoginTakenError):
        await logins.complete(KEY, BOB)


async def test_an_account_label_is_asked_for_with_the_key(
    issuer: Issuer, store: AsyncStore, driver: Driver, clock: Clock
) -> None:
    """A vendor that names the account of a key needs no code of its own."""
    table = {"flow": "key", "check_url": issuer.userinfo_url, "userinfo_url": issuer.userinfo_url}
    rows = Catalogue.from_config(Config(vendors={"keyed": {**table, "account_from": "userEmail"}}), {})
    other = Logins(rows, store, driver, clock=clock)
    issuer.faults.next(CHECK, status=200)
    issuer.faults.next(CHECK, body={"userEmail": "ada@example.com"})
    await other.begin("keyed", ADA)

    assert (await other.complete(KEY, ADA)).account == "ada@example.com"
    await other.aclose()


@pytest.mark.parametrize(("key", "value"), [("check_url", "http://api.example.com/me"), ("exchange", "github-copilot")])
def test_a_row_with_a_mistake_names_its_key(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"vendors\.keyed\.{key}"):
        Catalogue.from_config(Config(vendors={"keyed": {"flow": "key", key: value}}), {})
