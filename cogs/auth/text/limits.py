"""Discord's limits in UTF-16 units, and functions that keep a text within them."""

from __future__ import annotations

from typing import Final

from openab_auth.cogs.auth.text.markup import plain
from openab_auth.cogs.auth.text.units import cut, units

__all__ = [
    "ADDRESS",
    "CHOICE",
    "CHOICES",
    "CONTENT",
    "CUSTOM_ID",
    "DESCRIPTION",
    "INPUT",
    "LINK_BUTTON",
    "cut",
    "fits_button",
    "plain",
    "units",
]

CONTENT: Final = 2000
DESCRIPTION: Final = 4096  # of an embed
LINK_BUTTON: Final = 512  # a link button's url
CUSTOM_ID: Final = 100
CHOICE: Final = 100  # the name of an autocompletion's choice, and its value
CHOICES: Final = 25
INPUT: Final = 4000  # a form's text
ADDRESS: Final = 500  # of an MCP server; our own limit, so that an answer can show all of it


def fits_button(custom_id: str) -> bool:
    """Return whether Discord accepts this id for a button. Long names of vendors may make it too long."""
    return units(custom_id) <= CUSTOM_ID
