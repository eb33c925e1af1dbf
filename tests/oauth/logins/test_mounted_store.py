"""A credential file that nothing can replace: no link is given out for it, and no code is used up."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.logins import Logins
from openab_auth.storage import AsyncStore, StoreUnwritableError
from tests.oauth.logins.code_logins import ADA
from tests.support.mounts import mounted_alone


async def test_no_link_is_given_out(logins: Logins, store: AsyncStore, tmp_path: Path) -> None:
    (tmp_path / "auth.json").touch(mode=0o600)
    with mounted_alone(tmp_path / "auth.json", tmp_path / "host.json"):
        with pytest.raises(StoreUnwritableError, match="mounted by itself"):
            await logins.begin("lab", ADA)
        assert not await store.read()


async def test_a_code_is_not_posted_and_can_be_pasted_again(
    logins: Logins, store: AsyncStore, issuer: Issuer, tmp_path: Path
) -> None:
    redirect = await issuer.approve((await logins.begin("lab", ADA)).url)
    with mounted_alone(tmp_path / "auth.json", tmp_path / "host.json"):
        with pytest.raises(StoreUnwritableError, match="mounted by itself"):
            await logins.complete(redirect, ADA)
        assert not issuer.requests("/token")
    await logins.complete(redirect, ADA)

    assert "lab" in await store.read()
