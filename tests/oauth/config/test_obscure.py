"""An obscured text can be revealed, looks different each time, and other texts are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.config import NotObscuredError, obscure, unobscure


@given(st.text())
def test_what_is_obscured_can_be_revealed(text: str) -> None:
    assert unobscure(obscure(text)) == text


def test_the_same_text_looks_different_each_time_and_never_as_it_is() -> None:
    made = {obscure("GOCSPX-canary") for _ in range(20)}

    assert len(made) == 20
    assert not [each for each in made if "canary" in each or "=" in each]


def test_what_was_obscured_once_is_revealed_by_every_later_version() -> None:
    assert unobscure("AAECAwQFBgcICQoLDA0OD2A2olrxxk8f") == "a vendor"


@pytest.mark.parametrize("text", ["", "short", "not base64!", "é", "AAAAAAAAAAAAAAAAAAAAAP____________w"])
def test_what_was_not_obscured_is_refused(text: str) -> None:
    with pytest.raises(NotObscuredError):
        unobscure(text)
