"""Translates the names and descriptions of the /auth commands. Their English is in commands.py."""

from __future__ import annotations

import re

import discord
from discord import app_commands

from openab_auth.cogs.auth.text.language import languages

_NO_LETTER = re.compile(r"[ _]")


class CommandTranslator(app_commands.Translator):
    """Gives discord.py the translations when it registers the commands."""

    async def translate(
        self, _string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """Return the translation of one name or description, or None to keep the English text."""
        language = languages().get(locale.value)
        subject = context.data
        if isinstance(subject, app_commands.Parameter):
            name = f"{subject.command.qualified_name} {subject.name}"
        elif isinstance(subject, app_commands.Command | app_commands.Group):
            name = subject.qualified_name
        else:
            return None
        message = f"command-{_NO_LETTER.sub('-', name)}"
        if language is None or not language.has(message):
            return None
        return language.label(message if context.location.name.endswith("_name") else f"{message}.description")
