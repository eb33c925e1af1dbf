"""The answer to /auth status: all logins, the person's own pending logins, and problems for the operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, Markup, account_title, fits_card, label, words
from openab_auth.cogs.auth.views.buttons import REST, AuthButton, LoginButton, PressHandler, fitting
from openab_auth.cogs.auth.views.person import EndPersonButton
from openab_auth.oauth.logins import Status
from openab_auth.storage.entries import UserId

_TITLE: Final = 60  # units; Discord allows 80 for the whole label


class CancelButton(AuthButton, verb="cancel", fields=f"(?:(?P<generation>[0-9a-f]{{10}}):)?(?P<vendor>{REST})"):
    """Cancels one pending login. A press is refused if the login belongs to another person."""

    in_place = True

    def __init__(self, language: Language, vendor: str, title: str, generation: str) -> None:
        text = language.label("button-cancel", vendor=label(title, _TITLE))
        super().__init__(text, discord.ButtonStyle.secondary, generation, vendor)
        self.vendor: str = vendor
        self.generation = generation

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again; the id does not hold the vendor's title."""
        return cls(language, fields["vendor"], fields["vendor"], fields["generation"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Cancel the login; the status then shows the remaining logins."""
        await desk.cancel_in_status(interaction, self.vendor, self.generation)


def status_message(  # noqa: PLR0913 - the answer depends on all of them
    language: Language,
    status: Status,
    user: UserId,
    title_of: Callable[[str], str],
    *,
    incident: str = "",
    only: str | None = None,
    thread: Sequence[Markup] = (),
    first: Sequence[AuthButton] = (),
    name_of: Callable[[UserId], str] = str,
) -> ReplyContent:
    """Return the status as one card. Blocks that do not fit are counted, not cut. `title_of` names a vendor.

    `incident` is the id under which the log names the problems of the store: they hold paths, which people do not see.
    `only` is the title of the vendor that the person asked about. `thread` says which accounts the thread uses; its
    buttons are `first`. Each other person whose own login is shown has a button to end everything of that person:
    only listed operators see such logins. `name_of` names the person.
    """
    mine = [pending for pending in status.pending if pending.user == user]
    problems = [words.problems(language, len(status.problems), incident)] if status.problems else []
    waiting = [words.pending(language, pending, title_of(pending.vendor)) for pending in mine]
    nothing = language.say("status-nothing", vendor=only) if only else language.say("status-empty")
    logins = [words.login(language, state) for state in status.logins] or [nothing]
    logins += [
        language.say("status-environment", vendor=words.title_of(language, vendor), variable=variable)
        for vendor, variable in status.environment
    ]
    people = dict.fromkeys(state.person for state in status.logins)
    others = [person for person in people if person not in {None, user}]
    buttons: list[AuthButton] = [
        *(CancelButton(language, pending.vendor, title_of(pending.vendor), pending.generation) for pending in mine),
        *(
            LoginButton(language, state.vendor.name, account_title(language, state.vendor))
            for state in status.logins
            if state.vendor and (state.state == "dead" or (state.access and state.access.remedy == "log-in"))
        ),
        *(EndPersonButton(language, person, name_of(person)) for person in others),
    ]
    title = LINES.join([*thread, language.say("status-title")])
    return ReplyContent(_shown(language, title, [*problems, *waiting, *logins]), fitting([*first, *buttons]))


def _shown(language: Language, title: Markup, blocks: list[Markup]) -> Markup:
    shown, most = [title], language.say("status-more", count=len(blocks))
    for number, block in enumerate(blocks):
        if not fits_card(LINES.join([*shown, block, most])):
            return LINES.join([*shown, language.say("status-more", count=len(blocks) - number)])
        shown.append(block)
    return LINES.join(shown)
