import dataclasses
import re

import pytest

from openab_auth.cogs.auth.notices.direct_messages import looks_like_paste
from openab_auth.cogs.auth.text.language import english
from openab_auth.cogs.auth.views.login.paste_form import (
    PasteButton,
    SubmittedForm,
    _values,
    fits,
    has_expired,
    message_key,
    paste_modal,
)
from openab_auth.oauth.flows import LoginOffer
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Tenant

OFFER = LoginOffer(
    Vendor(VendorName("lab"), "The Lab", Tenant("lab")), "https://x/authorize", 2_000_000_000, None, "a" * 10
)


async def test_a_modal_has_its_login_messages_id_and_is_not_kept_by_the_client() -> None:
    key = message_key(OFFER)
    modal = paste_modal(english(), "lab", key)
    assert modal.custom_id == f"auth:paste:lab:{key}"
    assert modal.is_finished()
    (label,) = modal.to_dict()["components"]
    assert label["type"] == 18
    assert label["component"]["max_length"] == 4000


def test_each_login_message_has_a_key_that_tells_its_end_and_its_login() -> None:
    key = message_key(OFFER)
    assert key != message_key(dataclasses.replace(OFFER, generation="b" * 10))
    assert SubmittedForm("lab", key, "").generation == OFFER.generation
    assert has_expired(key, 2_000_000_000)
    assert not has_expired(key, 1_999_999_999)


@pytest.mark.parametrize(
    "vendor", ["lab", "mcp:linear", "a" * 32, f"mcp:{'s' * 32}@{'l' * 32}", "lab@u18446744073709551615"]
)
async def test_a_button_is_found_again_by_its_id(vendor: str) -> None:
    template = PasteButton.__discord_ui_compiled_template__
    match = re.fullmatch(template, PasteButton(english(), vendor, message_key(OFFER)).custom_id)
    assert match is not None
    assert match["vendor"] == vendor
    assert fits(vendor)


@pytest.mark.parametrize("vendor", ["a" * 70, "", "two words"])
def test_a_name_that_no_id_can_hold_is_known(vendor: str) -> None:
    assert not fits(vendor)


def test_both_shapes_of_a_submitted_modal_are_read() -> None:
    field = {"type": 4, "custom_id": "redirect", "value": "code#state"}
    other = {"type": 4, "custom_id": "other", "value": "not this"}
    assert "".join(_values([{"type": 18, "component": field}, {"type": 18, "component": other}])) == "code#state"
    assert "".join(_values([{"type": 1, "components": [other, field]}])) == "code#state"
    assert "".join(_values(None)) == ""


def test_a_submit_does_not_print_its_paste() -> None:
    assert "canary" not in repr(SubmittedForm("lab", "0-000000", "canary"))


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:1455/auth/callback?code=a&state=b",
        "localhost:1455/auth/callback?x",
        "code=a&state=b",
        "abcdefgh12#state-12345",
        "<https://vendor.example/cb>",
        "sk-ant-oat01-x",
        "?error=access_denied&state=x",
    ],
)
def test_these_messages_are_pastes(text: str) -> None:
    assert looks_like_paste(text)


@pytest.mark.parametrize("text", ["hello", "what is #general?", "how do I log in?", "2+2=4", "see #42"])
def test_these_messages_are_chat(text: str) -> None:
    assert not looks_like_paste(text)
