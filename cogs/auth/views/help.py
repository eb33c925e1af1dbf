"""The answer to /auth help: what this is, and what this person can do first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, described
from openab_auth.cogs.auth.views.ask_access import ways_to_access
from openab_auth.cogs.auth.views.buttons import AuthButton, LoginButton
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

_MOST_BUTTONS: Final = 5  # one row


def help_message(  # noqa: PLR0913 - the answer depends on all of them
    language: Language,
    user: UserId,
    offered: Sequence[Vendor],
    logins: int | None,
    refusal: OpenabAuthError | None = None,
    *,
    adds_servers: bool = False,
    incident: str = "",
) -> ReplyContent:
    """Return the help: for people who may not use /auth, for the very first login, or for everybody else.

    `logins` is None if the logins cannot be read; `incident` is the id of that failure in the log. With `adds_servers`,
    people may add MCP servers here.
    """
    lines = [language.say("help-title"), language.say("help-introduction")]
    buttons: tuple[AuthButton, ...] = ()
    if refusal is not None:
        happened, _, todo = described(language, refusal)
        lines.append(language.say("help-not-allowed", happened=happened, next=todo))
        buttons = ways_to_access(language, refusal)
    elif logins is None:
        lines += [language.say("help-logins-unreadable"), language.say("incident", incident=incident)]
    elif logins:
        lines.append(language.say("help-number-of-logins", count=logins))
    else:
        lines.append(language.say("help-no-logins"))
        buttons = _beginnings(language, offered)
    if refusal is None:
        lines.append(language.say("help-commands"))
        lines += [language.say("help-servers")] if adds_servers else []
    lines.append(language.say("help-privacy", user=str(user)))
    return ReplyContent(LINES.join(lines), buttons=buttons)


def _beginnings(language: Language, offered: Sequence[Vendor]) -> tuple[AuthButton, ...]:
    """Return a button for each vendor, or none if they do not fit into one row."""
    buttons = [LoginButton(language, vendor.name, vendor.title) for vendor in offered]
    if len(buttons) > _MOST_BUTTONS or not all(button.fits for button in buttons):
        return ()
    return tuple(buttons)
