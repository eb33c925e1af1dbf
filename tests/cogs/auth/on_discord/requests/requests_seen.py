"""What people see and do when an agent in a thread needs a login."""

from __future__ import annotations

from pathlib import Path

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.discord.guild.model import Message
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.requests import OpenRequests
from openab_auth.storage import REQUESTS, FileStore, LoginRequest


def in_thread(world: EmbeddedDiscord) -> list[Message]:
    """Return the messages about requests, in the thread and in the channel."""
    messages = [*world.state.messages[world.state.thread_id], *world.state.messages[world.state.text_channel_id]]
    return [message for message in messages if message.author == world.state.bot and not message.seen_by]


def open_requests(store_path: Path) -> list[LoginRequest]:
    return [*OpenRequests(FileStore(store_path).records(REQUESTS), 0).all()]


async def press(person: Person, message: Message) -> ShownResponse:
    """Press the button of a request; return the answer that only this person sees."""
    answer = await person.press(message, "Log in")
    assert isinstance(answer, ShownResponse)
    return await answer.settled()


async def finish(person: Person, issuer: Issuer, card: ShownResponse) -> None:
    """Approve the login at the vendor, and paste the redirect."""
    redirect = await issuer.approve(card.link_buttons[0])
    await (await person.slash("auth complete", redirect=redirect)).settled()
