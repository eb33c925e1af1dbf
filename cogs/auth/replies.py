"""Sends answers to Discord. A lost answer never stops the work behind it.

An acknowledgement can come too late (10062), can succeed although Discord reports an error (40060 on the retry), or can
be cut off. It can also be refused because another process of the same bot was faster (40060 at once). An edit can come
after the interaction's 15 minutes (50027).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

import aiohttp
import discord
from discord import ui

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.observer import Acknowledgement, CogObserver, NoObserver
from openab_auth.cogs.auth.text import CommandMentions, Markup, fits_card

COG: Final = "openab-auth"  # the cog's name; it must not clash with a cog of the host bot
LOST: Final = (discord.HTTPException, aiohttp.ClientError, OSError)
_UNKNOWN_INTERACTION: Final = 10062
_ALREADY_ACKNOWLEDGED: Final = 40060
_SILENT: Final = "auth.silent"  # key in Interaction.extras: Discord takes no answer any more
_ACKNOWLEDGED: Final = "auth.acknowledged"  # Discord took the acknowledgement, but discord.py does not know it
_FIRST_REPEAT: Final = 1.0  # seconds; discord.py repeats a request after this time at the earliest
_NOTHING: Final = Markup()
_IN_ROW: Final = 5  # buttons
_log = logging.getLogger(__name__)

Button: TypeAlias = ui.Item[Any]
Accent: TypeAlias = Literal["waits", "good", "bad"]
ACCENTS: Final[Mapping[Accent, discord.Colour]] = {
    "waits": discord.Colour.blurple(),
    "good": discord.Colour.green(),
    "bad": discord.Colour.red(),
}


@dataclass(frozen=True, slots=True)
class ReplyContent:
    """The content of one message. An edit removes every part that is not given.

    `mistake` is shown above the content, and `accent` is the colour of the message's edge.
    """

    content: Markup = _NOTHING
    buttons: tuple[Button, ...] = ()
    files: tuple[discord.File, ...] = ()
    accent: Accent | None = None
    mistake: Markup | None = None

    @property
    def texts(self) -> tuple[Markup, ...]:
        """Return the texts from top to bottom."""
        return tuple(text for text in (self.mistake, self.content) if text)


def layout_of(message: ReplyContent) -> ui.LayoutView:
    """Return the message in components v2: one container with its texts, pictures and buttons."""
    card: ui.Container[Any] = ui.Container(accent_colour=ACCENTS[message.accent] if message.accent else None)
    for number, text in enumerate(message.texts):
        if number:
            card.add_item(ui.Separator())
        card.add_item(ui.TextDisplay(text))
    if message.files:
        pictures = [discord.MediaGalleryItem(f.uri, description=f.description) for f in message.files]
        card.add_item(ui.MediaGallery(*pictures))
    for first in range(0, len(message.buttons), _IN_ROW):
        card.add_item(ui.ActionRow(*message.buttons[first : first + _IN_ROW]))
    layout = ui.LayoutView(timeout=None)
    layout.add_item(card)
    layout.stop()  # so discord.py does not keep it: presses are recognized by the buttons' ids
    return layout


def mentions_of(client: object) -> CommandMentions | None:
    """Return the loaded cog's command mentions, or None."""
    cog = client.get_cog(COG) if isinstance(client, HostBot) else None
    return getattr(cog, "mentions", None)


def _clickable(interaction: discord.Interaction, message: ReplyContent) -> ReplyContent:
    """Return the message with mentions of the commands, if they fit: a mention is longer than a name."""
    mentions = mentions_of(interaction.client)
    if mentions is None:
        return message
    content, mistake = mentions.clickable(message.content, interaction.guild_id), message.mistake
    if mistake is not None:
        mistake = mentions.clickable(mistake, interaction.guild_id)
    shown = replace(message, content=content, mistake=mistake)
    return shown if fits_card(*shown.texts) else message


@contextmanager
def _timed(interaction: discord.Interaction) -> Iterator[None]:
    """Tell the observer of the loaded cog how long Discord took for the acknowledgement in the block."""
    begun = time.monotonic()
    outcome: Acknowledgement = "taken"
    try:
        yield
    except discord.HTTPException as error:
        if error.code != _ALREADY_ACKNOWLEDGED:
            outcome = "late" if error.code == _UNKNOWN_INTERACTION else "refused"
        raise
    except (aiohttp.ClientError, OSError, asyncio.CancelledError):
        outcome = "no_answer"
        raise
    finally:
        _observer_of(interaction.client).acknowledged(outcome, time.monotonic() - begun)


def _observer_of(client: object) -> CogObserver:
    cog = client.get_cog(COG) if isinstance(client, HostBot) else None
    found = getattr(cog, "observer", None)
    return NoObserver() if found is None else found


async def acknowledge(interaction: discord.Interaction, *, in_place: bool = False) -> bool:
    """Tell Discord that an answer follows, for this person only. A failure is logged and not raised.

    With `in_place` the answer will replace the message whose button was pressed. Return False if another process of
    this bot has acknowledged it: Discord delivers an interaction to each session of its shard, and the first one wins.
    """
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        with _timed(interaction):
            if in_place:
                await interaction.response.defer()
            else:
                await interaction.response.defer(ephemeral=True, thinking=True)
    except discord.HTTPException as error:
        if error.code == _ALREADY_ACKNOWLEDGED:
            if clock() - begun < _FIRST_REPEAT:
                _log.debug("another process of this bot answers an interaction")
                return False
            interaction.extras[_ACKNOWLEDGED] = True
        elif error.code == _UNKNOWN_INTERACTION:
            interaction.extras[_SILENT] = True
        _log.warning("an acknowledgement was refused by Discord (%s, %s)", error.status, error.code)
    except (aiohttp.ClientError, OSError) as error:
        _log.warning("an acknowledgement got no answer from Discord (%s)", type(error).__name__)
    except TypeError:
        # discord.py 2.7 cannot read a bare 204. It means that Discord took the acknowledgement.
        interaction.extras[_ACKNOWLEDGED] = True
    return True


def is_unanswerable(interaction: discord.Interaction) -> bool:
    """Return whether Discord takes no answer to an interaction any more, so that nobody would see it."""
    return bool(interaction.extras.get(_SILENT))


async def answer(interaction: discord.Interaction, message: ReplyContent, *, in_place: bool = False) -> bool:
    """Show `message` as the interaction's answer. If it cannot be delivered, log that and return False.

    With `in_place` it replaces the message whose button was pressed, or on which the form was opened.
    """
    if interaction.extras.get(_SILENT):
        return False
    if not (interaction.response.is_done() or interaction.extras.get(_ACKNOWLEDGED)):
        if await _respond(interaction, message, in_place=in_place):
            return True
    elif await edit(interaction, message):
        return True
    _log.warning("an answer to %s could not be delivered", interaction.user.id)
    return False


async def edit(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """Replace the content of the interaction's answer. Return False if Discord refused the edit."""
    try:
        await interaction.edit_original_response(
            content=None,  # messages of older versions have a text and embeds, which a layout cannot have
            embeds=[],
            view=layout_of(_clickable(interaction, message)),
            attachments=message.files,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except LOST as error:
        _log.warning("an edit was lost (%s)", reason(error))
        return False
    return True


async def retract(interaction: discord.Interaction) -> None:
    """Remove the acknowledgement of a command whose answer is on another message."""
    try:
        await interaction.delete_original_response()
    except LOST as error:
        _log.warning("an acknowledgement could not be removed (%s)", reason(error))


async def follow_up(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """Send one more message, for this person only, and leave the interaction's answer as it is."""
    if not (interaction.response.is_done() or interaction.extras.get(_ACKNOWLEDGED)):
        return await answer(interaction, message)
    try:
        await interaction.followup.send(
            view=layout_of(_clickable(interaction, message)),
            files=message.files,
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except LOST as error:
        _log.warning("a message was lost (%s)", reason(error))
        return False
    return True


async def send(
    channel: discord.abc.Messageable,
    message: ReplyContent,
    mentions: CommandMentions | None = None,
    nonce: str | None = None,
) -> discord.Message:
    """Send a new message to a channel, as plain text: notifications show no text of a layout.

    `mentions` makes the commands clickable in a direct message. With a `nonce`, Discord takes the message only once
    within a few minutes, and returns the first one.

    Raises:
        HTTPException, ClientError, OSError: Discord did not take the message (`LOST`).
    """
    shown = _view_of(message) or discord.utils.MISSING
    content = mentions.clickable(message.content, None) if mentions else message.content
    return await channel.send(
        content,
        view=shown,
        nonce=nonce,  # type: ignore[arg-type]  # None is its default, which the types leave out
        allowed_mentions=discord.AllowedMentions.none(),
    )


async def amend(message: discord.PartialMessage, content: ReplyContent) -> None:
    """Replace the text and the buttons of a message that `send` has sent.

    Raises:
        HTTPException, ClientError, OSError: Discord did not take the edit (`LOST`).
    """
    await message.edit(content=content.content, view=_view_of(content), allowed_mentions=discord.AllowedMentions.none())


def _view_of(message: ReplyContent) -> ui.View | None:
    if not message.buttons:
        return None
    view = ui.View(timeout=None)
    for button in message.buttons:
        view.add_item(button)
    view.stop()
    return view


async def _respond(interaction: discord.Interaction, message: ReplyContent, *, in_place: bool) -> bool:
    """Answer an interaction that was not acknowledged, or that may not have been."""
    layout = layout_of(_clickable(interaction, message))
    try:
        with _timed(interaction):
            if in_place:
                await interaction.response.edit_message(
                    content=None,
                    embeds=[],
                    view=layout,
                    attachments=message.files,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
            else:
                await interaction.response.send_message(
                    view=layout, files=message.files, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
                )
    except LOST as error:
        if isinstance(error, discord.HTTPException) and error.code == _UNKNOWN_INTERACTION:
            return False
        return await edit(interaction, message)
    return True


async def show_modal(interaction: discord.Interaction, modal: discord.ui.Modal) -> bool:
    """Open a modal; it acknowledges the interaction too."""
    try:
        with _timed(interaction):
            await interaction.response.send_modal(modal)
    except LOST as error:
        is_open = isinstance(error, discord.HTTPException) and error.code == _ALREADY_ACKNOWLEDGED
        _log.log(logging.DEBUG if is_open else logging.WARNING, "a modal could not be opened (%s)", reason(error))
        return False
    except TypeError:
        return True  # a bare 204, as in `acknowledge`
    return True


def reason(error: BaseException) -> str:
    """Return why a reply was lost, without the address: it holds the interaction's token."""
    if isinstance(error, discord.HTTPException):
        return f"{error.status}, {error.code}"
    return type(error).__name__
