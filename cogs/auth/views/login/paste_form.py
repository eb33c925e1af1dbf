"""The button for the paste, the modal that it opens, and the reader of a submitted modal.

Discord's clients and discord.py identify a modal by its `custom_id` alone, so each login message has its own id. The
modal is not registered with discord.py. We read the raw interaction instead, which also works after a restart.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, Self

import discord

from openab_auth.cogs.auth.replies import ReplyContent, acknowledge, answer, show_modal
from openab_auth.cogs.auth.text import INPUT, Language, fits_button, language_of
from openab_auth.cogs.auth.views.buttons import AuthButton, PressHandler, new_link
from openab_auth.oauth.entries import GENERATION_DIGITS

_FIELDS: Final = r"(?P<vendor>[^\s:][^\s]{0,68}):(?P<key>[0-9a-f]{1,12}-[0-9a-f]{0,10})"
_FIELD: Final = "redirect"
# What the texts of the field are called: its label, the hint below it, and the example in it.
_OF_REDIRECT: Final = ("form-field", "form-hint", "form-example")
_OF_KEY: Final = ("form-field-key", "form-hint-key", "form-example-key")


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """A submitted modal: its vendor, the key of its login message, and the paste."""

    vendor: str
    key: str
    paste: str

    @property
    def generation(self) -> str:
        """Return the generation of the pending login for which the form was opened."""
        return self.key.partition("-")[2]

    def __repr__(self) -> str:
        return f"SubmittedForm(vendor={self.vendor!r})"  # without the paste, which is a secret


class Expiring(Protocol):
    """A login that waits: an offer, or a pending login in the store."""

    @property
    def expires_at(self) -> int:
        """Return until when it waits, in unix seconds."""
        ...

    @property
    def generation(self) -> str:
        """Return the generation of the pending login."""
        ...


def message_key(login: Expiring) -> str:
    """Return the key of a login card: when its link expires, and the generation of its pending login."""
    return f"{login.expires_at:x}-{login.generation}"


def has_expired(key: str, now: float) -> bool:
    """Return whether the link of this login message has expired."""
    return now >= int(key.partition("-")[0], 16)


class PasteButton(AuthButton, verb="paste", fields=_FIELDS):
    """Opens the modal for the paste."""

    opens_form = True

    def __init__(self, language: Language, vendor: str, key: str) -> None:
        super().__init__(language.label("button-paste"), discord.ButtonStyle.primary, vendor, key)
        self.vendor: str = vendor
        self.key = key

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, fields["vendor"], fields["key"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Open the modal at once. The guard checks this person when the modal is submitted."""
        language = language_of(interaction)
        if has_expired(self.key, time.time()):
            expired = ReplyContent(language.say("login-button-expired"), new_link(language, self.vendor))
            if await acknowledge(interaction, in_place=True):
                await answer(interaction, expired, in_place=True)
        else:
            modal = paste_modal(language, self.vendor, self.key, takes_key=desk.takes_key(self.vendor))
            await show_modal(interaction, modal)


def fits(vendor: str) -> bool:
    """Return whether a paste button's id can hold this vendor's name."""
    custom_id = PasteButton.id_of(vendor, f"{2**32 - 1:x}-{'0' * GENERATION_DIGITS}")
    return re.fullmatch(PasteButton.template_text, custom_id) is not None and fits_button(custom_id)


def paste_modal(language: Language, vendor: str, key: str, *, takes_key: bool = False) -> discord.ui.Modal:
    """Return the modal for the paste of one login message: a redirect, or an API key if the vendor `takes_key`."""
    text, hint, example = map(language.label, _OF_KEY if takes_key else _OF_REDIRECT)
    modal = discord.ui.Modal(title=language.label("form-title"), custom_id=PasteButton.id_of(vendor, key), timeout=1)
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id=_FIELD,
        style=discord.TextStyle.paragraph,
        placeholder=example,
        max_length=INPUT,
    )
    modal.add_item(discord.ui.Label(text=text, description=hint, component=field))
    modal.stop()  # so discord.py does not keep it: `read_submit` reads the submission
    return modal


def read_submit(interaction: discord.Interaction) -> SubmittedForm | None:
    """Return the submitted form if this interaction is one, otherwise None."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    data: Mapping[str, object] = {**(interaction.data or {})}
    match = re.fullmatch(PasteButton.template_text, str(data.get("custom_id", "")))
    if match is None:
        return None
    return SubmittedForm(match["vendor"], match["key"], "".join(_values(data.get("components"))))


def _values(components: object) -> Iterator[str]:
    """Yield the values of our field, in a Label (type 18, one component) or in an action row (type 1, a list)."""
    for component in components if isinstance(components, list) else [components]:
        if not isinstance(component, Mapping):
            continue
        if component.get("custom_id") == _FIELD:
            yield str(component.get("value") or "")
        yield from _values(component.get("component"))
        yield from _values(component.get("components"))
