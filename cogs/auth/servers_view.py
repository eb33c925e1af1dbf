"""The answers to `/auth mcp`: what was added, where its tokens will go, and the button that logs in there."""

from __future__ import annotations

import discord

from cogs.auth import words
from cogs.auth.language import Language
from cogs.auth.limits import ADDRESS
from cogs.auth.login_button import LoginButton
from cogs.auth.markup import LINES, plain
from cogs.auth.replies import Answer
from cogs.auth.servers import Added


def added_message(language: Language, added: Added) -> Answer:
    """What there is now; names of servers are short enough for a button."""
    server = added.server
    lines = [
        words.about(language, "server-added" if added.new else "server-there", server.vendor),
        language.say("server-host", host=server.host, address=plain(server.url, ADDRESS)),
    ]
    button = LoginButton(language, server.vendor_name, server.vendor.title)
    return Answer(LINES.join(lines), view=discord.ui.View(timeout=None).add_item(button))


def removed_message(language: Language, name: str) -> Answer:
    """That it is gone."""
    return Answer(language.say("server-removed", server=name))
