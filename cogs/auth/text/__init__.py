"""The messages in each language, and Discord's limits on them."""

from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.failures import described, failure
from openab_auth.cogs.auth.text.language import Language, SpokenLanguages, language_of
from openab_auth.cogs.auth.text.limits import (
    ADDRESS,
    CHOICE,
    CHOICES,
    CONTENT,
    DESCRIPTION,
    INPUT,
    LINK_BUTTON,
    fits_button,
    units,
)
from openab_auth.cogs.auth.text.markup import LINES, Markup, embed, label, link, mention, plain
from openab_auth.cogs.auth.text.translator import CommandTranslator

__all__ = [
    "ADDRESS",
    "CHOICE",
    "CHOICES",
    "CONTENT",
    "DESCRIPTION",
    "INPUT",
    "LINES",
    "LINK_BUTTON",
    "CommandTranslator",
    "Language",
    "Markup",
    "SpokenLanguages",
    "described",
    "embed",
    "failure",
    "fits_button",
    "label",
    "language_of",
    "link",
    "mention",
    "plain",
    "units",
    "words",
]
