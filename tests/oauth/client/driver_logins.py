"""Log in with a driver alone."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, TokenResponse, new_state, new_verifier
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import PendingEntry, Secret


def new_pending(vendor: Vendor) -> PendingEntry:
    return PendingEntry(new_verifier(), new_state(), vendor.token_url, vendor.name)


async def log_in(driver: Driver, issuer: Issuer, vendor: Vendor) -> TokenResponse:
    pending = new_pending(vendor)
    redirect = await issuer.approve(driver.authorize_url(vendor.client(), pending))
    code = parse_qs(urlsplit(redirect).query)["code"][0]
    return await driver.exchange(vendor.client(), Secret(code), pending)
