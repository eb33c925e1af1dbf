"""A vendor's words without secrets, for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import redact, remove_secrets, safe_name
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import Secret

CODE = Secret("aZ9-canary_code.of~40+characters/in=all42")


@pytest.mark.parametrize(
    "echo",
    [
        CODE.reveal(),
        CODE.reveal()[:12],
        CODE.reveal()[-8:],
        " ".join(CODE.reveal()[at : at + 8] for at in range(0, 40, 8)),
        CODE.reveal().replace("/", "%2F").replace("+", "%2B"),
    ],
)
def test_a_secret_is_taken_out_whole_in_pieces_and_encoded(echo: str) -> None:
    told = redact(f"the code {echo} was refused", (CODE,))

    assert "canary" not in told
    assert "in=all42" not in told
    assert told.startswith("the code [redacted]")
    assert told.endswith("was refused")


@given(st.text(min_size=1), st.text(max_size=200), st.text(max_size=200))
def test_no_text_around_it_saves_a_secret_from_being_taken_out(secret: str, before: str, after: str) -> None:
    told = remove_secrets(before + secret + after, (Secret(secret),))

    assert secret not in told.replace("[redacted]", "")


def test_an_error_names_every_shipped_login_and_no_key() -> None:
    catalogue = Catalogue.from_config(Config(), {})
    for name in ("grok", "codex", "claude", "copilot"):
        vendor = catalogue.named(VendorName(name))
        assert vendor is not None
        assert safe_name(vendor.tenant) == vendor.tenant

    assert safe_name("xai-AbCd") == "[redacted]"


def test_plain_words_stay() -> None:
    assert redact("The code has expired; begin again.", (CODE,)) == "The code has expired; begin again."
