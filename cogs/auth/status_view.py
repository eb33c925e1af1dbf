"""The answer to /auth status."""

from __future__ import annotations

import discord

from cogs.auth import words
from cogs.auth.language import Language
from cogs.auth.limits import DESCRIPTION, units
from cogs.auth.replies import Answer
from oauth.status import Status
from storage.entries import UserId

_ROOM_FOR_MORE = 100  # units of the last line, which counts what is left out


def status_message(language: Language, status: Status, user: UserId) -> Answer:
    """All logins and the person's own pending ones, in one embed; what does not fit is counted, not cut in half."""
    lines = words.status_lines(language, status, user)
    shown: list[str] = []
    room = DESCRIPTION - _ROOM_FOR_MORE
    for line in lines:
        room -= units(line) + 1
        if room < 0:
            shown.append(language.say("status-more", count=len(lines) - len(shown)))
            break
        shown.append(line)
    return Answer(embed=discord.Embed(title=language.say("status-title"), description="\n".join(shown)))
