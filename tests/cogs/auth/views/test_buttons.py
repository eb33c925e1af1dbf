"""The base class gives every button the same behaviour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Self

import discord
import pytest

from openab_auth.cogs.auth.text.language import Language, english
from openab_auth.cogs.auth.views import ALL_BUTTONS
from openab_auth.cogs.auth.views.ask_access import AskAccessButton
from openab_auth.cogs.auth.views.buttons import AuthButton, LoginButton, fitting
from openab_auth.cogs.auth.views.login.conflict import BesideButton, ReplaceButton
from openab_auth.cogs.auth.views.login.how import HowButton
from openab_auth.cogs.auth.views.login.paste_form import PasteButton
from openab_auth.cogs.auth.views.logout import LogoutButton
from openab_auth.cogs.auth.views.person import EndPersonButton, PersonChoiceButton
from openab_auth.cogs.auth.views.status import CancelButton
from openab_auth.cogs.auth.views.thread.accounts import AgreeButton, DropButton
from openab_auth.cogs.auth.views.thread.requests import RequestButton
from openab_auth.storage import UserId

GENERATION = "0123456789"


@pytest.fixture
def made() -> list[AuthButton]:
    language = english()
    return [
        LoginButton(language, "mcp:a:b", "A title"),
        PasteButton(language, "mcp:a:b", f"77359400-{GENERATION}"),
        HowButton(language, "dead"),
        CancelButton(language, "mcp:a:b", "A title", GENERATION),
        LogoutButton(language, "lab:x", "revoke", GENERATION),
        ReplaceButton(language, "mcp:a:b", "no", GENERATION),
        BesideButton(language, "mcp:a:b@x", "yes", GENERATION, GENERATION),
        AskAccessButton(language),
        DropButton(language, "mcp:a:b"),
        AgreeButton(language, "all"),
        EndPersonButton(language, UserId(2**64 - 1)),
        PersonChoiceButton(language, UserId(2**64 - 1), "revoke", GENERATION),
        RequestButton(language, "0123456789ab"),
    ]


async def test_every_button_is_made_again_from_its_id(made: list[AuthButton]) -> None:
    assert {type(button) for button in made} == set(ALL_BUTTONS)
    press = SimpleNamespace(locale=discord.Locale.american_english)
    for button in made:
        assert button.custom_id.startswith(f"auth:{button.verb}:")
        match = re.fullmatch(button.template, button.custom_id)
        assert match is not None
        again = await type(button).from_custom_id(press, button.item, match)  # type: ignore[arg-type]
        assert again.custom_id == button.custom_id
        assert again.vendor == button.vendor


async def test_an_id_is_read_by_one_button_only(made: list[AuthButton]) -> None:
    for button in made:
        readers = [other for other in made if re.fullmatch(other.template, button.custom_id)]
        assert readers == [button]


async def test_a_message_leaves_out_what_discord_would_refuse() -> None:
    long, short = LoginButton(english(), "x" * 90), LoginButton(english(), "lab")
    assert fitting([long, *[short] * 30]) == (short,) * 25
    assert fitting([long]) == ()


def test_a_button_that_does_not_say_what_a_press_does_cannot_be_made() -> None:
    class Silent(AuthButton, verb="silent", fields=""):
        @classmethod
        def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
            return cls(language.label("button-new-link"), discord.ButtonStyle.grey)

    with pytest.raises(TypeError, match="press"):
        Silent("Silent", discord.ButtonStyle.grey)  # type: ignore[abstract] # pyright: ignore[reportAbstractUsage]
