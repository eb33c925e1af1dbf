"""The answer to /auth status: each login, one's own pending ones with the way to drop them, what is to be repaired."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Self

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.language import Language, language_of
from openab_auth.cogs.auth.text.limits import DESCRIPTION, fits_button, units
from openab_auth.cogs.auth.text.markup import LINES, Markup, embed, label
from openab_auth.cogs.auth.views.buttons import LoginButton, TakenOnce, desk_of
from openab_auth.oauth.logins.status import Status
from openab_auth.storage.entries import UserId

_TITLE: Final = 60  # units, so that a button's whole label stays under Discord's 80
_ID: Final = r"auth:cancel:(?:(?P<generation>[0-9a-f]{10}):)?(?P<vendor>(?s:.+))"
_ROOM_FOR_MORE: Final = 100  # units of the line that counts what is left out
_MOST_BUTTONS: Final = 25  # of a message


class CancelButton(TakenOnce, discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=_ID):
    """Drops one pending login; whose it is, is asked when it is pressed."""

    def __init__(self, language: Language, vendor: str, title: str, generation: str) -> None:
        text = language.label("button-cancel", vendor=label(title, _TITLE))
        custom_id = f"auth:cancel:{generation}:{vendor}"
        super().__init__(discord.ui.Button(label=text, style=discord.ButtonStyle.secondary, custom_id=custom_id))
        self.vendor = vendor
        self.generation = generation

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, _item: discord.ui.Item[discord.ui.View], match: re.Match[str], /
    ) -> Self:
        """The button again, from the id that came with the press."""
        return cls(language_of(interaction), match["vendor"], match["vendor"], match["generation"] or "")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Hand the press on."""
        await desk_of(interaction).cancel_pressed(interaction, self.vendor, self.generation)


def status_message(language: Language, status: Status, user: UserId, title_of: Callable[[str], str]) -> ReplyContent:
    """All of it in one embed; what does not fit is counted, not cut in half. `title_of` gives a vendor's title."""
    mine = [pending for pending in status.pending if pending.user == user]
    problems = [words.problem(language, problem) for problem in status.problems]
    waiting = [words.pending(language, pending, title_of(pending.vendor)) for pending in mine]
    logins = [words.login(language, state) for state in status.logins] or [language.say("status-empty")]
    logins += [
        language.say("status-environment", vendor=words.title_of(vendor), variable=variable)
        for vendor, variable in status.environment
    ]
    view = discord.ui.View(timeout=None)
    buttons = [
        *(CancelButton(language, pending.vendor, title_of(pending.vendor), pending.generation) for pending in mine),
        *(
            LoginButton(language, state.vendor.name, state.vendor.title)
            for state in status.logins
            if state.vendor and (state.state == "dead" or (state.standing and state.standing.remedy == "log-in"))
        ),
    ]
    for button in [button for button in buttons if fits_button(button.custom_id)][:_MOST_BUTTONS]:
        view.add_item(button)
    text = LINES.join(_fitting(language, [*problems, *waiting, *logins]))
    return ReplyContent(embed=embed(text, language.label("status-title")), view=view if view.children else None)


def _fitting(language: Language, blocks: list[Markup]) -> list[Markup]:
    shown: list[Markup] = []
    room = DESCRIPTION - _ROOM_FOR_MORE
    for block in blocks:
        room -= units(block) + 1
        if room < 0:
            return [*shown, language.say("status-more", count=len(blocks) - len(shown))]
        shown.append(block)
    return shown
