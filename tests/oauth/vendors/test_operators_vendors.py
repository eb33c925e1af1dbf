"""A vendor that only the operator's TOML describes, in every flow, and one changed key of a shipped vendor."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import NoLoginError
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import CONSOLE, AsyncStore

PROGRAM = Path(__file__).parents[2] / "support/vendor_cli.py"


@pytest.fixture
def catalogue(issuer: Issuer, tmp_path: Path) -> Catalogue:
    client = f'client_id = "{CLIENT_ID}"\ntoken_url = "{issuer.token_url}"\nscopes = ["openid", "offline_access"]\n'
    file = tmp_path / "openab-auth.toml"
    file.write_text(
        f'[vendors.by-paste]\n{client}authorize_url = "{issuer.authorize_url}"\nredirect_uri = "{REDIRECT_URI}"\n'
        f'[vendors.by-code]\n{client}flow = "device"\ndevice_url = "{issuer.device_url}"\n'
        f'[vendors.by-codex]\n{client}flow = "codex-device"\ndevice_url = "{issuer.url}/codex/usercode"\n'
        f'redirect_uri = "{REDIRECT_URI}"\nauthorize_url = "{issuer.devices.page}"\n'
        f'[vendors.by-aws]\nflow = "aws-device"\ndevice_url = "{issuer.url}/aws/device_authorization"\n'
        f'token_url = "{issuer.url}/aws/token"\nscopes = ["sso:account:access"]\n'
        f'device_params = {{ startUrl = "https://company.example/start" }}\n'
        f'[vendors.by-program]\nflow = "command"\ncommand = ["{sys.executable}", "{PROGRAM}", "paste", "{tmp_path}"]\n'
        f'[vendors.by-variable]\nflow = "env"\nenv = ["LAB_API_KEY"]\n'
        f'[vendors.grok]\ndevice_url = "{issuer.device_url}"\n'
    )
    return Catalogue.from_config(read_config(file, {}), {"LAB_API_KEY": "canary"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> None:
    monkeypatch.setattr(codes, "SHORTEST", 0.01)
    issuer.devices.interval = 0.02


@pytest.mark.parametrize("vendor", ["by-paste", "by-code", "by-codex", "by-aws"])
async def test_it_is_logged_in_to(
    catalogue: Catalogue, issuer: Issuer, store: AsyncStore, driver: Driver, clock: Callable[[], float], vendor: str
) -> None:
    logins = Logins(catalogue, store, driver, clock=clock)
    offer = await logins.begin(vendor, CONSOLE)
    if offer.user_code is None:
        await logins.complete(await issuer.approve(offer.url), CONSOLE)
    else:
        await issuer.approve_device(offer.user_code)
        await logins.outcome(vendor, CONSOLE)

    assert vendor in await store.read()
    await logins.aclose()


async def test_its_own_program_is_driven(catalogue: Catalogue, store: AsyncStore, driver: Driver) -> None:
    logins = Logins(catalogue, store, driver)
    await logins.begin("by-program", CONSOLE)

    assert (await logins.complete("good", CONSOLE, "by-program")).vendor.name == "by-program"
    await logins.aclose()


def test_its_variable_is_named_and_shown(catalogue: Catalogue) -> None:
    with pytest.raises(NoLoginError, match="LAB_API_KEY"):
        catalogue.get("by-variable")
    assert [(vendor.name, name) for vendor, name in catalogue.variables_in_use()] == [("by-variable", "LAB_API_KEY")]


def test_one_key_of_a_shipped_vendor_changes_that_key_alone(catalogue: Catalogue, issuer: Issuer) -> None:
    ours, shipped = catalogue.get("grok"), Catalogue.shipped({}).get("grok")

    assert ours.device_url == issuer.device_url
    assert (ours.token_url, ours.client_id, ours.scopes) == (shipped.token_url, shipped.client_id, shipped.scopes)
