"""Log a person in to an account over Discord, and repeat a button for somebody else."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer


async def log_in(
    person: Person, issuer: Issuer, account: str | None = None, vendor: str = "lab", address: str = ""
) -> ShownResponse:
    """Take both steps as the vendor's account with this address, and return the card.

    Without an address, `shared` is the account of a team, and any other that of the person.
    """
    named: dict[str, Any] = {} if account is None else {"account": account}
    card = await (await person.slash("auth login", vendor=vendor, **named)).settled()
    paste = await issuer.approve(
        card.link_buttons[0], address or f"{'team' if account == 'shared' else person.name}@example.com"
    )
    await (await person.slash("auth complete", redirect=paste)).settled()
    return card


async def replay(world: EmbeddedDiscord, bot: commands.Bot, person: Person, custom_id: str) -> object:
    """Let a person press a button with this id, on a message that everybody sees."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="replayed", custom_id=custom_id))
    view.stop()
    channel = bot.get_partial_messageable(int(world.state.text_channel_id))
    message = await channel.send("replayed", view=view)
    return await person.press(str(message.id), "replayed")
