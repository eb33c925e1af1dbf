"""Texts from people and servers are read in linear time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from openab_auth.cogs.auth.notices.direct_messages import looks_like_paste
from openab_auth.cogs.auth.text.limits import plain
from openab_auth.cogs.auth.text.markup import code, label
from openab_auth.cogs.auth.views.choices import server_choices
from openab_auth.oauth.errors import PasteRefusedError, redact, safe_name, visible_text
from openab_auth.oauth.http.challenge import read_challenges
from openab_auth.oauth.paste import clipboard, read_paste
from openab_auth.oauth.paste.mistakes import plain_line

# What makes a search begin again and again, or give back again and again what it has taken.
SEEDS = [
    *("a", "a.", "a-", "a b ", "ab~", ".", "-", "'", "a'", "(", "[", "[[", "](", "<", "<@", ":", ":a", "://", "a://"),
    *("http", "@", "#", "a#", "aaaaaaaa#", "=", "= ", "=\n", "a=\n", "=3D", "&", "&amp;", "&#", "&#0", "&a=", "?"),
    *("?code=", "code=", "code=a ", "state=", "code=\n", "sk-", "ey", "eyJ", "eyJaaaa.", "Bearer ", "Bearer a"),
    *("access_token", "access_token ", " ", "\n", "\t", "> ", ">", "```\n", "~~~", "\\", '"', 'a="', '\\"', "a=b,"),
    *("a =", "a ,", "1", "1a", "localhost", "a.aa", "a.b.", "[::", "\u0301", "\u200b", "登", "🦀", "%41"),
]
TAILS = ["", "!", "#"]
ENOUGH = 0.02  # seconds: what takes less harms nobody, and cannot be compared


def pasted(text: str) -> None:
    with suppress(PasteRefusedError):
        read_paste(text)


def tidied(text: str) -> None:
    clipboard.has_control_characters(text)
    for found in clipboard.find_addresses(clipboard.clean(text)):
        list(found.readings())


READERS: dict[str, Callable[[str], object]] = {
    "a direct message": looks_like_paste,
    "a paste": pasted,
    "a clipboard": tidied,
    "a challenge": lambda text: read_challenges([text, f"Bearer {text}", f'Bearer a="{text}']),
    "a vendor's words": redact,
    "a vendor's harmless words": plain_line,
    "a name": safe_name,
    "a text in a message": plain,
    "a text in inline code": code,
    "a label": label,
    "a visible line": visible_text,
    "an autocompletion": lambda text: server_choices([text[:90]], text),
}


def seconds(read: Callable[[str], object], text: str, tries: int = 3) -> float:
    """Return the least time of this thread's own, of some tries."""
    times = []
    for _ in range(tries):
        begun = time.thread_time()
        read(text)
        times.append(time.thread_time() - begun)
    return min(times)


@pytest.mark.parametrize("reader", READERS)
def test_a_text_four_times_as_long_takes_no_sixteen_times_as_long(reader: str) -> None:
    read, slow = READERS[reader], []
    for seed in SEEDS:
        for tail in TAILS:
            short, long = (seed * (size // len(seed)) + tail for size in (1500, 6000))
            if seconds(read, long, tries=1) > ENOUGH and (took := seconds(read, long)) > 9 * seconds(read, short):
                slow.append((seed, tail, took))
    assert slow == []


def test_the_longest_messages_are_seen_to_be_pastes_or_not_in_no_time() -> None:
    for text in ("a" * 6000, "a." * 3000, "a#" * 3000, "ey" * 3000, "aaaaaaa#" * 750):
        assert seconds(looks_like_paste, text) < 0.05
