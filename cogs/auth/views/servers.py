"""The answers to `/auth mcp`: the added server, the host that gets its tokens, and the login button."""

from __future__ import annotations

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.service import Added
from openab_auth.cogs.auth.text import ADDRESS, LINES, Language, account_title, plain, words
from openab_auth.cogs.auth.views.buttons import LoginButton, fitting


def added_message(language: Language, added: Added) -> ReplyContent:
    """Return the answer about an added server. Names of servers are short enough for a button."""
    server = added.server
    lines = [
        words.about(language, "server-added" if added.new else "server-added-before", server.vendor),
        language.say("server-host", host=server.host, address=plain(server.url, ADDRESS)),
    ]
    button = LoginButton(language, server.vendor_name, account_title(language, server.vendor))
    return ReplyContent(LINES.join(lines), buttons=fitting([button]))


def removed_message(language: Language, name: str) -> ReplyContent:
    """Return the answer about a removed server."""
    return ReplyContent(language.say("server-removed", server=name))
