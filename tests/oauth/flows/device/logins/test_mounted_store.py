"""A credential file that nothing can replace: no vendor is asked for a code or for tokens that could not be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.logins import Logins
from openab_auth.storage import AsyncStore, StoreUnwritableError
from tests.oauth.flows.device.logins.device_logins import ADA, FLOWS
from tests.support.mounts import mounted_alone
from tests.support.patience import until


@pytest.mark.parametrize("vendor", FLOWS)
async def test_no_code_is_asked_for(logins: Logins, issuer: Issuer, tmp_path: Path, vendor: str) -> None:
    (tmp_path / "auth.json").touch(mode=0o600)
    with (
        mounted_alone(tmp_path / "auth.json", tmp_path / "host.json"),
        pytest.raises(StoreUnwritableError, match="mounted by itself"),
    ):
        await logins.begin(vendor, ADA)
    assert not issuer.requests()


@pytest.mark.parametrize("vendor", FLOWS)
async def test_an_approved_login_waits_until_the_file_can_be_replaced(
    logins: Logins, store: AsyncStore, issuer: Issuer, tmp_path: Path, vendor: str, caplog: pytest.LogCaptureFixture
) -> None:
    offer = await logins.begin(vendor, ADA)
    with mounted_alone(tmp_path / "auth.json", tmp_path / "host.json"):
        caplog.clear()
        await until(lambda: "a device login waits for the store" in caplog.text)
        await issuer.approve_device(offer.user_code or "")
        asked = len(issuer.requests())
        caplog.clear()
        await until(lambda: caplog.text.count("a device login waits for the store") > 1)
        assert len(issuer.requests()) == asked
    done = await logins.outcome(vendor, ADA)

    assert done is not None
    assert done.vendor.tenant in await store.read()
