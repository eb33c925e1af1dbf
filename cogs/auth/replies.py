"""Sends answers to Discord. A lost answer never stops the work behind it.

An acknowledgement can come too late (10062), can succeed although Discord reports an error (40060 on the retry), or can
be cut off. An edit can come after the interaction's 15 minutes (50027).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord

from openab_auth.cogs.auth.text import Markup

LOST: Final = (discord.HTTPException, aiohttp.ClientError, OSError)
_UNKNOWN_INTERACTION: Final = 10062
_ALREADY_ACKNOWLEDGED: Final = 40060
_SILENT: Final = "auth.silent"  # key in Interaction.extras: Discord takes no answer any more
_ACKNOWLEDGED: Final = "auth.acknowledged"  # Discord took the acknowledgement, but discord.py does not know it
_NOTHING: Final = Markup()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplyContent:
    """The content of one message. An edit removes every part that is not given."""

    content: Markup = _NOTHING
    embed: discord.Embed | None = None
    view: discord.ui.View | None = None
    files: tuple[discord.File, ...] = ()


async def acknowledge(interaction: discord.Interaction, *, in_place: bool = False) -> None:
    """Tell Discord that an answer follows, for this person only. A failure is logged and not raised.

    With `in_place` the answer will replace the message whose button was pressed.
    """
    try:
        if in_place:
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
    except discord.HTTPException as error:
        if error.code == _ALREADY_ACKNOWLEDGED:
            interaction.extras[_ACKNOWLEDGED] = True
        elif error.code == _UNKNOWN_INTERACTION:
            interaction.extras[_SILENT] = True
        _log.warning("an acknowledgement was refused by Discord (%s, %s)", error.status, error.code)
    except (aiohttp.ClientError, OSError) as error:
        _log.warning("an acknowledgement got no answer from Discord (%s)", type(error).__name__)
    except TypeError:
        # discord.py 2.7 cannot read a bare 204. It means that Discord took the acknowledgement.
        interaction.extras[_ACKNOWLEDGED] = True


async def answer(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """Show `message` as the interaction's answer. If it cannot be delivered, log that and return False."""
    if interaction.extras.get(_SILENT):
        return False
    if not (interaction.response.is_done() or interaction.extras.get(_ACKNOWLEDGED)):
        if await _respond(interaction, message):
            return True
    elif await edit(interaction, message):
        return True
    _log.warning("an answer to %s could not be delivered", interaction.user.id)
    return False


async def edit(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """Replace the content of the interaction's answer. Return False if Discord refused the edit."""
    embeds = [message.embed] if message.embed else []
    try:
        await interaction.edit_original_response(
            content=message.content,
            embeds=embeds,
            view=message.view,
            attachments=message.files or discord.utils.MISSING,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except LOST as error:
        _log.warning("an edit was lost (%s)", reason(error))
        return False
    return True


async def send(channel: discord.abc.Messageable, message: ReplyContent) -> None:
    """Send a new message to a channel.

    Raises:
        HTTPException, ClientError, OSError: Discord did not take the message (`LOST`).
    """
    view = message.view or discord.utils.MISSING
    await channel.send(message.content, view=view, allowed_mentions=discord.AllowedMentions.none())


async def _respond(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """Answer an interaction that was not acknowledged, or that may not have been."""
    try:
        await interaction.response.send_message(
            message.content,
            embeds=[message.embed] if message.embed else [],
            view=message.view or discord.utils.MISSING,
            files=message.files or discord.utils.MISSING,
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except LOST as error:
        if isinstance(error, discord.HTTPException) and error.code == _UNKNOWN_INTERACTION:
            return False
        return await edit(interaction, message)
    return True


async def show_modal(interaction: discord.Interaction, modal: discord.ui.Modal) -> bool:
    """Open a modal; it acknowledges the interaction too."""
    try:
        await interaction.response.send_modal(modal)
    except LOST as error:
        _log.warning("a modal could not be opened (%s)", reason(error))
        return False
    except TypeError:
        return True  # a bare 204, as in `acknowledge`
    return True


def reason(error: BaseException) -> str:
    """Return why a reply was lost, without the address: it holds the interaction's token."""
    if isinstance(error, discord.HTTPException):
        return f"{error.status}, {error.code}"
    return type(error).__name__
