"""The message in a thread whose agents need a login, and its button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Self

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.service import person_asked
from openab_auth.cogs.auth.text import LINES, Language, channel_link, mention, moment
from openab_auth.cogs.auth.views.buttons import AuthButton, PressHandler
from openab_auth.storage import LoginRequest, UserId

_MOST_LIMITED: Final = 3  # accounts that one message names


class RequestButton(AuthButton, verb="request", fields="(?P<request>[0-9a-f]{12})"):
    """Answers the request of an agent: it begins the login that the agent needs."""

    def __init__(self, language: Language, request: str) -> None:
        super().__init__(language.label("button-request"), discord.ButtonStyle.primary, request)
        self.request = request

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, fields["request"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Begin the login in a message that only this person sees."""
        await desk.answer_request(interaction, self.request)


def request_message(
    language: Language,
    request: LoginRequest,
    title: str,
    limited: Sequence[tuple[str, int]] = (),
    *,
    elsewhere: bool,
) -> ReplyContent:
    """Return the message of an open request; `elsewhere` is the operators' channel, not the thread.

    `limited` has the titles of other accounts of the vendor that are limited now, and the ends of the limits.
    """
    person = person_asked(request)
    if person is None:
        lines = [language.say("request-needs", account=title)]
    else:
        lines = [language.say("request-needs-own", account=title, person=mention(person))]
    if elsewhere:
        lines.append(language.say("request-elsewhere", thread=channel_link(request.thread)))
    for account, until in limited[:_MOST_LIMITED]:
        lines.append(language.say("request-limited", account=account, time=moment(until, "f"), relative=moment(until)))
    if request.reason:
        lines.append(language.say("request-reason", reason=request.reason))
    # The channel of the operators is no thread: a press there could not say which thread an agreement is for.
    buttons = () if elsewhere and person is not None else (RequestButton(language, request.id),)
    return ReplyContent(LINES.join(lines), buttons)


def answered_request(language: Language, title: str, by: UserId | None) -> ReplyContent:
    """Return the last text of a request whose login is there; `by` is the person who logged in, if that is known."""
    if not by:
        return ReplyContent(language.say("request-answered", account=title))
    return ReplyContent(language.say("request-answered-by", account=title, person=mention(by)))


def unanswered_request(language: Language, title: str) -> ReplyContent:
    """Return the last text of a request that nobody has answered."""
    return ReplyContent(language.say("request-unanswered", account=title))
