"""A code that the server did not process waits for a second paste, whatever other people do meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AddedServer, AsyncStore
from tests.oauth.mcp.another_server.changing_server import ADA, CONFIG, MALLORY, make_good, paste
from tests.oauth.mcp.stranger import Page, Stranger
from tests.support.patience import until


@pytest.mark.parametrize("gone", [False, True], ids=["the server stays", "the server is removed"])
async def test_a_paste_may_be_repeated_although_another_login_began_meanwhile(
    stranger: Stranger, store: AsyncStore, driver: Driver, gone: bool
) -> None:
    make_good(stranger, "good")
    logins = Logins(Catalogue.from_config(CONFIG, {}), store, driver)
    for name in ("lab", "other"):
        await logins.added.add(name, stranger.mcp, ADA)
    redirect = paste(await logins.begin("mcp:lab", ADA))
    answer = asyncio.Event()
    good, stranger.pages["/token"] = stranger.pages["/token"], Page({"error": "slow_down"}, 429, until=answer)
    completing = asyncio.create_task(logins.complete(redirect, ADA))
    await until(lambda: "/token" in stranger.paths)

    await logins.begin("mcp:other", MALLORY)
    if gone:
        await logins.added.remove("lab", anybody)
    answer.set()
    with pytest.raises(VendorUnavailableError) as refused:
        await completing

    stranger.pages["/token"] = good
    if gone:
        assert "begin again" in refused.value.todo
        assert await logins.pending(ADA) == ()
    else:
        assert refused.value.kept == "the login still waits for its paste"
        assert (await logins.complete(redirect, ADA)).vendor.name == "mcp:lab"
    await logins.aclose()


def anybody(_: AddedServer) -> None:
    """Let everybody remove the server."""
