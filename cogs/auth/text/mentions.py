"""Makes the commands in messages clickable, once Discord has told their ids.

Messages name a command in code (`/auth login`). Its mention, `</auth login:ID>`, has the id of the root command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from openab_auth.cogs.auth.text.language import Language, languages
from openab_auth.cogs.auth.text.markup import Markup

_COMMAND: Final = re.compile(r"`/([^`\n]{1,100})`")


class CommandMentions:
    """Knows the cog's commands in every language, and the ids that Discord gave them."""

    def __init__(self, commands: Iterable[str]) -> None:
        """Take the qualified names of the commands, for example `auth login`."""
        self._names = {_in(language, name): name for name in commands for language in languages().values()}
        self._ids: dict[int | None, int] = {}

    @property
    def known(self) -> bool:
        """Return whether any id is known."""
        return bool(self._ids)

    def learn(self, command_id: int, guild: int | None) -> None:
        """Remember the id of the root command, globally or as registered in one guild."""
        self._ids[guild] = command_id

    def clickable(self, text: Markup, guild: int | None) -> Markup:
        """Return `text` with a mention for each command that exists where the text is read."""
        command_id = self._ids.get(guild, self._ids.get(None))
        if command_id is None:
            return text

        def mention(found: re.Match[str]) -> str:
            name = self._names.get(found[1])
            return f"</{name}:{command_id}>" if name else found[0]

        return Markup(_COMMAND.sub(mention, text))


def _in(language: Language, name: str) -> str:
    """Return the name of a command as this language's messages write it."""
    words = name.split()
    keys = [f"command-{'-'.join(words[: number + 1])}" for number in range(len(words))]
    return " ".join(language.label(key) if language.has(key) else word for key, word in zip(keys, words, strict=True))
