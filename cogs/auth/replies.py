"""Answers that Discord may lose without anything else being lost.

An acknowledgement can come too late (10062), be applied and yet answered with an error (40060 on the retry), or be cut
off; an edit can come after the interaction's 15 minutes (50027). None of that is a reason to stop working.
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
_SILENT: Final = "auth.silent"  # key in Interaction.extras: nobody listens any more
_ACKNOWLEDGED: Final = "auth.acknowledged"  # Discord has acknowledged, although discord.py does not know
_NOTHING: Final = Markup()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplyContent:
    """What one message shows; what is not given is taken away by an edit."""

    content: Markup = _NOTHING
    embed: discord.Embed | None = None
    view: discord.ui.View | None = None
    files: tuple[discord.File, ...] = ()


async def acknowledge(interaction: discord.Interaction, *, in_place: bool = False) -> None:
    """Tell Discord that an answer follows, for this person only; never raises for a lost reply.

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
        # discord.py 2.7 chokes on a bare 204, which says that Discord took it.
        interaction.extras[_ACKNOWLEDGED] = True


async def answer(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """Show `message` as the interaction's answer; False when it could not be delivered, which is logged."""
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
    """Replace what the interaction's answer shows; False when Discord did not take it."""
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
    """Write a message of its own to a channel.

    Raises:
        HTTPException, ClientError, OSError: Discord did not take it (`LOST`).
    """
    view = message.view or discord.utils.MISSING
    await channel.send(message.content, view=view, allowed_mentions=discord.AllowedMentions.none())


async def _respond(interaction: discord.Interaction, message: ReplyContent) -> bool:
    """The first word on an interaction that was not acknowledged, or of which that is not known."""
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
    """Open a modal, which is its own acknowledgement."""
    try:
        await interaction.response.send_modal(modal)
    except LOST as error:
        _log.warning("a modal could not be opened (%s)", reason(error))
        return False
    except TypeError:
        return True  # a bare 204, as in `acknowledge`
    return True


def reason(error: BaseException) -> str:
    """Why a reply was lost, without the address in which the interaction's token stands."""
    if isinstance(error, discord.HTTPException):
        return f"{error.status}, {error.code}"
    return type(error).__name__
