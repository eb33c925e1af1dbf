"""A vendor's reply to the request for a device code: its values are bounded, or it is refused."""

from __future__ import annotations

import pytest

from openab_auth.oauth.errors import VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.flows.device.code import DeviceCode
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Json, Tenant


def begun(**changed: Json) -> DeviceCode:
    """The code in a reply of the device endpoint with some members changed."""
    reply: dict[str, Json] = {
        "device_code": "dc",
        "user_code": "BCDF-GHJK",
        "uri": "https://login.example.com/device",
        "expires_in": 600,
        "interval": 5,
        **changed,
    }
    vendor = Vendor(VendorName("lab"), title="The Lab", tenant=Tenant("lab"))
    return codes.read_code(vendor.client(), now=1_800_000_000, **reply)


@pytest.mark.parametrize(
    ("reply", "meant"),
    [
        ({"interval": None}, 5.0),
        ({"interval": "7"}, 7.0),
        ({"interval": 0}, 5.0),
        ({"interval": -3}, 5.0),
        ({"interval": True}, 5.0),
        ({"interval": "soon"}, 5.0),
        ({"interval": [5]}, 5.0),
        ({"interval": 1e308}, 60.0),
        ({"interval": "NaN"}, 5.0),
        ({"interval": 2.5}, 2.5),
    ],
)
def test_an_interval_is_kept_within_what_makes_sense(reply: dict[str, Json], meant: float) -> None:
    assert begun(**reply).interval == meant


@pytest.mark.parametrize(
    ("said", "lasts"), [(None, 900), ("600", 600), (0, 900), (-1, 900), (86400, 900), ("x", 900), (59.9, 59)]
)
def test_a_code_lives_no_longer_than_the_pending_login(said: Json, lasts: int) -> None:
    assert begun(expires_in=said).expires_at == 1_800_000_000 + lasts


@pytest.mark.parametrize(
    "uri", ["http://evil.example/device", "javascript:alert(1)", "", None, 7, "https://a b", "https://u:p@x.example"]
)
def test_a_link_that_is_not_safe_to_open_is_never_shown(uri: Json) -> None:
    with pytest.raises(VendorMisconfiguredError, match="no https address"):
        begun(uri=uri)


def test_an_unsafe_complete_link_is_left_out() -> None:
    code = begun(complete_uri="http://evil.example/device?user_code=ABCD-EFGH")

    assert code.link == "https://login.example.com/device"


@pytest.mark.parametrize("user_code", ["", None, 12, "A" * 41, "`AB`", "@everyone", "AB\nCD", "**"])
def test_a_code_that_nobody_could_type_is_refused(user_code: Json) -> None:
    with pytest.raises(VendorUnavailableError, match="could type"):
        begun(user_code=user_code)
