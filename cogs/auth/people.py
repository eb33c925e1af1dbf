"""Asks operators whether to end everything of a person, and ends it. The service checks who may do that."""

from __future__ import annotations

from functools import partial

import discord

from openab_auth.cogs.auth.guard import caller_of
from openab_auth.cogs.auth.replies import ReplyContent, answer
from openab_auth.cogs.auth.service import AuthService
from openab_auth.cogs.auth.text import language_of, person_words, title_meant
from openab_auth.cogs.auth.views import PersonHandler, person_question, report, told_with
from openab_auth.oauth.errors import PersonChangedError
from openab_auth.storage.entries import UserId


class PeopleDesk(PersonHandler):
    """Asks the service, and answers in the operator's language."""

    def __init__(self, service: AuthService) -> None:
        self._service = service

    async def ask(self, interaction: discord.Interaction, person: UserId, *, changed: bool = False) -> None:
        """Ask whether to end everything of a person. `changed`: the answer to an earlier question came too late."""
        question = await self._service.people.ask(caller_of(interaction), person)
        language, catalogue = language_of(interaction), await self._service.catalogue()
        title_of = partial(title_meant, language, catalogue)
        await answer(interaction, person_question(language, question, title_of, changed=changed))

    async def end(self, interaction: discord.Interaction, person: UserId, key: str, *, revoke: bool) -> None:
        """End everything that the question named, or ask again if that has changed."""
        try:
            done = await self._service.people.end(caller_of(interaction), person, key, revoke=revoke)
        except PersonChangedError:
            await self.ask(interaction, person, changed=True)
            return
        language, catalogue = language_of(interaction), await self._service.catalogue()
        text = person_words.person_ended(language, done, partial(title_meant, language, catalogue))
        left = [problem for ended in done.logins for problem in ended.result.left]
        if left:
            text = told_with(language, text, report("the logout of a person left tokens", *dict.fromkeys(left)))
        await answer(interaction, ReplyContent(text))


def name_of(interaction: discord.Interaction, person: UserId) -> str:
    """Return the name of a person if the bot knows it, otherwise the id."""
    member = interaction.guild.get_member(person) if interaction.guild else None
    known = member or interaction.client.get_user(person)
    return str(person) if known is None else known.display_name
