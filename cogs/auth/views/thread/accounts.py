"""The accounts of a thread: the answers to `/auth use`, the button that drops a choice, and a person's agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, Self, TypeAlias, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, Markup, described
from openab_auth.cogs.auth.views.buttons import REST, AuthButton, PressHandler, fitting
from openab_auth.oauth.errors import NotAgreedError
from openab_auth.oauth.threads import Because, ThreadAccount
from openab_auth.storage.entries import UserId

Extent: TypeAlias = Literal["this", "all"]
_EXTENTS: Final[Mapping[Extent, str]] = {"this": "button-agree-this", "all": "button-agree-all"}
_BECAUSE: Final[Mapping[Because, str]] = {
    "named": "thread-because-named",
    "thread": "thread-because-thread",
    "personal": "thread-because-personal",
    "shared": "thread-because-shared",
}


class DropButton(AuthButton, verb="drop", fields=f"(?P<vendor>{REST})"):
    """Drops the choice of an account in the thread where it is pressed."""

    in_place = True

    def __init__(self, language: Language, vendor: str) -> None:
        super().__init__(language.label("button-drop-choice"), discord.ButtonStyle.secondary, vendor)
        self.vendor: str = vendor

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, fields["vendor"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Drop the choice; the answer says what the thread uses then."""
        await desk.threads.drop(interaction, self.vendor)


class AgreeButton(AuthButton, verb="agree", fields="(?P<extent>this|all)"):
    """Lets the person's own accounts serve the thread where it is pressed, or all threads that the person starts."""

    in_place = True

    def __init__(self, language: Language, extent: Extent) -> None:
        style = discord.ButtonStyle.primary if extent == "this" else discord.ButtonStyle.secondary
        super().__init__(language.label(_EXTENTS[extent]), style, extent)
        self.extent = extent

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, cast("Extent", fields["extent"]))

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Agree; the answer says what the thread uses then."""
        await desk.threads.agree(interaction, everywhere=self.extent == "all")


def chosen_message(language: Language, title: str, *, agreed: bool, logged_in: bool) -> ReplyContent:
    """Return the answer to a choice. It says if nobody is `logged_in` to the account.

    If its person has not agreed yet, it asks for that.
    """
    lines = [language.say("use-chosen", account=title)]
    if not logged_in:
        lines.append(language.say("use-not-logged-in", account=title))
    if not agreed:
        return ReplyContent(LINES.join([*lines, language.say("use-agree")]), _agreement(language))
    return ReplyContent(LINES.join(lines))


def thread_lines(
    language: Language, found: Iterable[ThreadAccount], title_of: Callable[[str], str], user: UserId
) -> tuple[Markup, ...]:
    """Return which account of each vendor the thread uses, and why; nothing if there are no accounts."""
    lines = [_line(language, one, title_of, user) for one in found]
    return (language.say("thread-title"), *lines) if lines else ()


def thread_message(
    language: Language,
    found: Iterable[ThreadAccount],
    title_of: Callable[[str], str],
    user: UserId,
    vendor: str | None = None,
) -> ReplyContent:
    """Return which accounts the thread uses; with a `vendor`, a button drops its choice."""
    accounts = tuple(found)
    text = LINES.join(thread_lines(language, accounts, title_of, user) or (language.say("thread-none"),))
    droppable = any(one.problem or (one.chosen and one.chosen.because == "thread") for one in accounts)
    drop = [DropButton(language, vendor)] if vendor and droppable else []
    return ReplyContent(text, (*agreement_buttons(language, accounts, user), *fitting(drop)))


def agreement_buttons(language: Language, found: Iterable[ThreadAccount], user: UserId) -> tuple[AuthButton, ...]:
    """Return the buttons by which this person agrees, if an account of the thread waits for that."""
    waits = any(isinstance(one.problem, NotAgreedError) and one.problem.person == user for one in found)
    return _agreement(language) if waits else ()


def agreement_question(language: Language) -> ReplyContent:
    """Return the question whether the person's own account may serve the thread, before anybody is logged in to it."""
    return ReplyContent(language.say("request-agree"), _agreement(language))


def _agreement(language: Language) -> tuple[AuthButton, ...]:
    return AgreeButton(language, "this"), AgreeButton(language, "all")


def _line(language: Language, one: ThreadAccount, title_of: Callable[[str], str], user: UserId) -> Markup:
    if one.chosen is not None:
        line = language.say(_BECAUSE[one.chosen.because], account=title_of(one.chosen.account.name))
        return language.say("thread-lacks-login", line=line) if one.lacks_login else line
    if isinstance(one.problem, NotAgreedError):
        whose = "thread-agree-own" if one.problem.person == user else "thread-agree-other"
        return language.say(whose, account=title_of(one.problem.tenant))
    said = described(language, one.problem)[0] if one.problem else Markup()
    return language.say("thread-problem", account=title_of(one.vendor), problem=said)
