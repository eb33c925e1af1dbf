"""Discord's limits in UTF-16 units, and functions that keep a text within them."""

from __future__ import annotations

from typing import Final

from openab_auth.cogs.auth.text.markup import plain
from openab_auth.cogs.auth.text.units import cut, units

__all__ = [
    "ADDRESS",
    "CARD",
    "CHOICE",
    "CHOICES",
    "CONTENT",
    "CUSTOM_ID",
    "INPUT",
    "LINK_BUTTON",
    "cut",
    "fits_button",
    "fits_card",
    "plain",
    "units",
]

CONTENT: Final = 2000
CARD: Final = 4000  # all texts of a message in components v2
LINK_BUTTON: Final = 512  # a link button's url
CUSTOM_ID: Final = 100
CHOICE: Final = 100  # the name of an autocompletion's choice, and its value
CHOICES: Final = 25
INPUT: Final = 4000  # a form's text
ADDRESS: Final = 500  # of an MCP server; our own limit, so that an answer can show all of it
_CARD_BYTES: Final = 10_000  # beyond 10,170, with 12 for each text, Discord answers 500 (discord-api-docs issue 8554)


def fits_card(*texts: str) -> bool:
    """Return whether Discord shows these texts in one message of components v2."""
    return sum(map(units, texts)) <= CARD and sum(len(text.encode()) for text in texts) <= _CARD_BYTES


def fits_button(custom_id: str) -> bool:
    """Return whether Discord accepts this id for a button. Long names of vendors may make it too long."""
    return units(custom_id) <= CUSTOM_ID
