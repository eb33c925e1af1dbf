"""Ends everything of one person, for operators: the button that asks, the question, and the message about a leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, Self, TypeAlias, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.service import Leave, PersonQuestion
from openab_auth.cogs.auth.text import Language, Markup, label, person_words, words
from openab_auth.cogs.auth.views.buttons import AuthButton, PressHandler
from openab_auth.oauth.entries import GENERATION_DIGITS
from openab_auth.storage.entries import UserId

PersonChoice: TypeAlias = Literal["here", "revoke", "keep"]
_CHOICES: Final[Mapping[PersonChoice, tuple[str, discord.ButtonStyle]]] = {
    "here": ("button-remove-all", discord.ButtonStyle.danger),
    "revoke": ("button-revoke-all", discord.ButtonStyle.danger),
    "keep": ("button-keep-all", discord.ButtonStyle.secondary),
}
_PERSON: Final = "(?P<person>[0-9]{1,20})"
_NAME: Final = 40  # units; Discord allows 80 for the whole label


class EndPersonButton(AuthButton, verb="person", fields=_PERSON):
    """Asks whether to end everything of a person; `name` is the person's name, or the id."""

    def __init__(self, language: Language, person: UserId, name: str | None = None) -> None:
        text = language.label("button-end-person", person=label(name or str(person), _NAME))
        super().__init__(text, discord.ButtonStyle.danger, str(person))
        self.person = person

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again; the id does not hold the person's name."""
        return cls(language, UserId(int(fields["person"])))

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Ask in a message of its own."""
        await desk.people.ask(interaction, self.person)


class PersonChoiceButton(
    AuthButton,
    verb="person-end",
    fields=f"(?P<choice>here|revoke|keep):(?P<key>[0-9a-f]{{{GENERATION_DIGITS}}}):{_PERSON}",
):
    """Answers the question; `key` is a hash of everything that the question named."""

    in_place = True

    def __init__(self, language: Language, person: UserId, choice: PersonChoice, key: str) -> None:
        text, style = _CHOICES[choice]
        super().__init__(language.label(text), style, choice, key, str(person))
        self.person = person
        self.choice = choice
        self.key = key

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, UserId(int(fields["person"])), cast("PersonChoice", fields["choice"]), fields["key"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """End everything as chosen, or keep it; the question becomes the answer."""
        if self.choice == "keep":
            await desk.change_nothing(interaction)
        else:
            await desk.people.end(interaction, self.person, self.key, revoke=self.choice == "revoke")


def person_question(
    language: Language, question: PersonQuestion, title_of: Callable[[str], str], *, changed: bool = False
) -> ReplyContent:
    """Return the question whether to end everything of a person, with all that ends; `title_of` names a vendor."""
    held = question.held
    titles = {login.state.tenant: title_of(login.state.tenant) for login in question.logins}
    accounts = [
        words.named_login(language, titles[login.state.tenant], login.state.account) for login in question.logins
    ]
    shared = [titles[login.state.tenant] for login in question.logins if login.revocable and question.others(login)]
    irrevocable = [titles[login.state.tenant] for login in question.logins if not login.revocable]
    text = person_words.ask_end_person(
        *(language, held, title_of, accounts),
        irrevocable=irrevocable,
        shared=shared,
        revocable=question.revocable,
        changed=changed,
    )
    choices: list[PersonChoice] = ["here", "revoke", "keep"] if question.revocable else ["here", "keep"]
    return ReplyContent(text, tuple(PersonChoiceButton(language, held.person, each, held.key) for each in choices))


def leave_message(language: Language, leave: Leave, guild: str, made: Sequence[str]) -> ReplyContent:
    """Return the message that a person has left `guild`; its button ends what is still here.

    `made` are the titles of the shared logins that the person made.
    """
    held = leave.held
    text: Markup = person_words.person_left(
        language, held, guild, made, ended=leave.ended, failed=leave.error is not None
    )
    still_there = bool(held.logins or held.pending) and not leave.ended
    return ReplyContent(text, (EndPersonButton(language, held.person),) if still_there else ())
