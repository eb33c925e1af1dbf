"""Which login a key is for, where several wait or none: no vendor gets a secret by a guess."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import NoPendingLoginError, PasteRefusedError, WhichLoginError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.paste import PasteMistake
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, UserId
from tests.support.clock import Clock

ADA = UserId(42)
KEY = "key_canary_0a1b2c3d4e5f"
PROGRAM = Path(__file__).parents[3] / "support/vendor_cli.py"


async def test_a_key_without_a_vendor_goes_to_the_only_login_and_to_no_other(logins: Logins, store: AsyncStore) -> None:
    """A secret must not reach a vendor by a guess."""
    await logins.begin("bare", ADA)
    await logins.begin("cursor", ADA)

    with pytest.raises(WhichLoginError):
        await logins.complete(KEY, ADA)
    assert not {"bare", "cursor"} & (await store.read()).keys()

    assert (await logins.complete(KEY, ADA, "bare")).vendor.name == "bare"
    assert (await logins.complete(KEY, ADA)).vendor.name == "cursor"


async def test_a_redirect_and_a_key_find_their_logins_among_each_other(logins: Logins, issuer: Issuer) -> None:
    offer = await logins.begin("lab", ADA)
    await logins.begin("bare", ADA)
    code = (await issuer.approve(offer.url)).partition("code=")[2].partition("&")[0]

    with pytest.raises(WhichLoginError):  # a code without its state could be a key
        await logins.complete(code, ADA)
    assert (await logins.complete(await issuer.approve(offer.url), ADA)).vendor.name == "lab"
    assert (await logins.complete(KEY, ADA)).vendor.name == "bare"


async def test_a_paste_for_a_vendors_program_is_not_taken_for_a_key(
    store: AsyncStore, driver: Driver, clock: Clock, tmp_path: Path
) -> None:
    vendors: dict[str, dict[str, object]] = {
        "shell": {"flow": "command", "command": [sys.executable, str(PROGRAM), "again", str(tmp_path)]},
        "bare": {"flow": "key"},
    }
    logins = Logins(Catalogue.from_config(Config(vendors=vendors), {}), store, driver, clock=clock)
    await logins.begin("shell", ADA)
    await logins.begin("bare", ADA)

    with pytest.raises(WhichLoginError):
        await logins.complete("0a1b2c3d4e5f", ADA)

    assert (await logins.complete(KEY, ADA, "bare")).vendor.name == "bare"
    await logins.aclose()


async def test_a_redirect_is_no_key(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    await logins.begin("bare", ADA)

    with pytest.raises(PasteRefusedError) as refused:
        await logins.complete("http://localhost:1455/auth/callback?code=0a1b2c3d4e&state=0a1b2c3d4e", ADA)

    assert refused.value.reason == PasteMistake.ADDRESS_NOT_KEY


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "DISCORD_TOKEN", "CURSOR_API_KEY"])
async def test_a_key_in_the_variable_of_something_else_is_sent_nowhere(
    name: str, logins: Logins, issuer: Issuer
) -> None:
    await logins.begin("keyed", ADA)

    with pytest.raises(PasteRefusedError) as refused:
        await logins.complete(f"export {name}={KEY}", ADA)

    assert refused.value.reason == PasteMistake.OTHER_VENDORS_KEY
    assert not issuer.requests()


async def test_a_key_for_which_no_login_waits_is_not_called_a_leak(logins: Logins) -> None:
    """The person was asked for a key, and came too late with it."""
    with pytest.raises(NoPendingLoginError):
        await logins.complete("sk-0123456789abcdef", ADA, "cursor")
    with pytest.raises(PasteRefusedError) as refused:
        await logins.complete("sk-0123456789abcdef", ADA)
    assert refused.value.reason == PasteMistake.TOKEN_OR_KEY
