"""The answer to /auth status."""

from __future__ import annotations

from typing import Final

import discord

from cogs.auth import words
from cogs.auth.replies import Answer
from oauth.status import Status
from storage.entries import UserId

_DESCRIPTION: Final = 4096
_MORE: Final = "… and {} more; `openab-auth status` shows all."


def status_message(status: Status, user: UserId) -> Answer:
    """All logins and the person's own pending ones, in one embed; what does not fit is counted, not cut in half."""
    lines = words.status_lines(status, user)
    shown: list[str] = []
    room = _DESCRIPTION - len(_MORE) - 10
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            shown.append(_MORE.format(len(lines) - len(shown)))
            break
        shown.append(line)
    return Answer(embed=discord.Embed(title="Logins", description="\n".join(shown)))
