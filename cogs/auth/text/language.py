"""The languages of the answers, each with its messages in a Project Fluent file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import discord
from fluent.runtime import FluentBundle, FluentResource

from openab_auth.cogs.auth.text.markup import Markup, code, label, plain
from openab_auth.storage.entries import UserId

_FOLDER: Final = "locales"
_ENGLISH: Final = "en-US"
_MOST_REMEMBERED: Final = 1000  # people
_FUNCTIONS: Final[dict[str, Any]] = {"CODE": code}  # a value between backticks: `{ CODE($host) }`
_log = logging.getLogger(__name__)


class Language:
    """One language: `tag` is Discord's name for it, `say` returns messages, `label` returns the words on buttons."""

    def __init__(self, tag: str, messages: str) -> None:
        self.tag = tag
        self._bundle = FluentBundle([tag], use_isolating=False, functions=_FUNCTIONS)
        self._bundle.add_resource(FluentResource(messages))

    def has(self, message: str) -> bool:
        """Return whether there is a message with this name."""
        return self._bundle.has_message(message)

    def say(self, message: str, **values: str | int) -> Markup:
        """Return the message with this name, or a part of it (`name.part`), with the values filled in.

        A value that is not `Markup` is somebody else's text, so it is escaped.

        Raises:
            LookupError: there is no such message.
        """
        shown = {name: value if isinstance(value, int) else plain(value) for name, value in values.items()}
        return Markup(self._filled_in(message, shown))

    def label(self, message: str, **values: str | int) -> str:
        """Return the message for a button, a choice or a modal, where Discord reads no markup.

        Raises:
            LookupError: there is no such message.
        """
        shown = {name: value if isinstance(value, int) else label(value) for name, value in values.items()}
        return self._filled_in(message, shown)

    def _filled_in(self, message: str, values: Mapping[str, str | int]) -> str:
        name, _, part = message.partition(".")
        found = self._bundle.get_message(name)
        pattern = found.attributes[part] if part else found.value
        if pattern is None:
            raise LookupError(message)
        text, mistakes = self._bundle.format_pattern(pattern, dict(values))
        for mistake in mistakes:
            _log.error("locale %s, message %s: %s", self.tag, message, mistake)
        return str(text)


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by its tag. The files are read once."""
    folder = files("openab_auth.cogs.auth.text") / _FOLDER
    locales = (file for file in folder.iterdir() if file.name.endswith(".ftl"))
    texts = {file.name.removesuffix(".ftl"): file.read_text(encoding="utf-8") for file in locales}
    return {tag: Language(tag, messages) for tag, messages in texts.items()}


def language_of(interaction: discord.Interaction) -> Language:
    """Return the language of the person's Discord client, or English."""
    return _language(interaction.locale)


def language_of_guild(guild: discord.Guild | None) -> Language:
    """Return the language of a Discord server, for messages that everybody there reads, or English."""
    return english() if guild is None else _language(guild.preferred_locale)


def english() -> Language:
    """Return English, the language for people whose own language has no file."""
    return languages()[_ENGLISH]


def _language(locale: discord.Locale) -> Language:
    return languages().get(locale.value) or english()


class SpokenLanguages:
    """Remembers each person's language, because a direct message does not tell it. In memory only."""

    def __init__(self) -> None:
        self._seen: dict[UserId, Language] = {}

    def remember(self, interaction: discord.Interaction) -> None:
        """Remember this person's language."""
        user = UserId(interaction.user.id)
        self._seen.pop(user, None)
        self._seen[user] = language_of(interaction)
        if len(self._seen) > _MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def language_of(self, user: UserId) -> Language:
        """Return the language in which to write to this person."""
        return self._seen.get(user) or english()
