"""The messages in each language, and Discord's limits on them."""

from openab_auth.cogs.auth.text import login_words, notice_words, person_words, words
from openab_auth.cogs.auth.text.account_names import account_title, title_meant
from openab_auth.cogs.auth.text.failures import described, failure
from openab_auth.cogs.auth.text.language import Language, SpokenLanguages, english, language_of, language_of_guild
from openab_auth.cogs.auth.text.limits import (
    ADDRESS,
    CARD,
    CHOICE,
    CHOICES,
    CONTENT,
    INPUT,
    LINK_BUTTON,
    fits_button,
    fits_card,
    units,
)
from openab_auth.cogs.auth.text.markup import LINES, Markup, channel_link, label, link, mention, moment, plain
from openab_auth.cogs.auth.text.mentions import CommandMentions
from openab_auth.cogs.auth.text.translator import CommandTranslator

__all__ = [
    "ADDRESS",
    "CARD",
    "CHOICE",
    "CHOICES",
    "CONTENT",
    "INPUT",
    "LINES",
    "LINK_BUTTON",
    "CommandMentions",
    "CommandTranslator",
    "Language",
    "Markup",
    "SpokenLanguages",
    "account_title",
    "channel_link",
    "described",
    "english",
    "failure",
    "fits_button",
    "fits_card",
    "label",
    "language_of",
    "language_of_guild",
    "link",
    "login_words",
    "mention",
    "moment",
    "notice_words",
    "person_words",
    "plain",
    "title_meant",
    "units",
    "words",
]
