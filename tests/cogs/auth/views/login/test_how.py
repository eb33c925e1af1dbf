"""The animations are small files, and a text describes them for people who cannot see them."""

from importlib.resources import files

import discord
import pytest

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import Markup
from openab_auth.cogs.auth.text.language import Language, languages
from openab_auth.cogs.auth.views.login.how import how_message

CARD = ReplyContent(
    Markup("the steps"), (discord.ui.Button(custom_id="auth:how:dead"), discord.ui.Button(custom_id="paste"))
)
PICTURES = files("openab_auth.cogs.auth.views.login") / "pictures"


@pytest.mark.parametrize("language", languages().values(), ids=lambda language: language.tag)
async def test_each_kind_of_last_page_has_its_pictures_each_with_a_description(language: Language) -> None:
    shown = set()
    for page in ("dead", "code"):
        answer = how_message(language, page, CARD)
        assert answer.content.startswith("the steps\n## ")
        assert [getattr(button, "custom_id", None) for button in answer.buttons] == ["paste"]
        assert answer.files
        for file in answer.files:
            shown.add(file.filename)
            assert 20 < len(file.description or "") <= 1024
            file.close()
    assert shown == {each.name for each in PICTURES.iterdir() if each.name.endswith(".gif")}


def test_each_picture_is_light_and_has_its_drawing_beside_it() -> None:
    names = {each.name for each in PICTURES.iterdir()}
    for name in names:
        if name.endswith(".gif"):
            data = (PICTURES / name).read_bytes()
            assert data.startswith(b"GIF89a")
            assert b"NETSCAPE2.0" in data  # it goes on for ever
            assert len(data) < 40_000
            assert name.replace(".gif", ".svg") in names
