"""A command becomes a mention where its id is known, and stays code where it is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openab_auth.cogs.auth import text
from openab_auth.cogs.auth.text import CommandMentions, Markup
from openab_auth.cogs.auth.text.language import languages

NAMES = ("login", "complete", "status", "logout", "cancel", "use", "help", "mcp add", "mcp remove")
GUILD, ELSEWHERE = 7, 8


@pytest.fixture
def mentions() -> CommandMentions:
    return CommandMentions(f"auth {name}" for name in NAMES)


def test_without_an_id_a_command_stays_code(mentions: CommandMentions) -> None:
    assert mentions.clickable(Markup("`/auth login`"), None) == "`/auth login`"
    mentions.learn(5, GUILD)
    assert mentions.clickable(Markup("`/auth login`"), ELSEWHERE) == "`/auth login`"


def test_a_guilds_own_id_comes_before_the_global_one(mentions: CommandMentions) -> None:
    mentions.learn(5, GUILD)
    mentions.learn(6, None)
    assert mentions.clickable(Markup("`/auth mcp add`"), GUILD) == "</auth mcp add:5>"
    assert mentions.clickable(Markup("`/auth mcp add`"), ELSEWHERE) == "</auth mcp add:6>"


def test_only_our_commands_become_mentions(mentions: CommandMentions) -> None:
    mentions.learn(6, None)
    for other in ("`openab-auth login`", "`/auth`", "`/auth logins`", "`/other login`", "/auth login"):
        assert mentions.clickable(Markup(other), None) == other


@pytest.mark.parametrize("tag", languages())
def test_each_command_that_a_language_names_becomes_its_mention(tag: str, mentions: CommandMentions) -> None:
    """A client finds a subcommand by its English name, whatever its language is."""
    mentions.learn(6, None)
    catalogue = (Path(text.__file__).parent / "locales" / f"{tag}.ftl").read_text(encoding="utf-8")
    named = re.findall(r"^-[a-z-]+ = (`/[^`]+`)$", catalogue, re.MULTILINE)
    shown = [mentions.clickable(Markup(each), None) for each in named]
    assert shown == [f"</auth {name}:6>" for name in NAMES]
