"""The thread of an agent: what it names, our variable, or the variables of openab."""

from __future__ import annotations

import pytest

from openab_auth.oauth.errors import ThreadIdError
from openab_auth.oauth.threads import thread_in


@pytest.mark.parametrize(
    ("environ", "thread"),
    [
        ({}, None),
        ({"OPENAB_AUTH_THREAD": "7", "OPENAB_THREAD_ID": "8"}, 7),
        ({"OPENAB_THREAD_ID": "8", "OPENAB_CHANNEL_ID": "discord:9"}, 8),
        ({"OPENAB_CHANNEL_ID": "discord:9"}, 9),
        ({"OPENAB_THREAD_ID": "", "OPENAB_CHANNEL_ID": "discord:9"}, 9),
        ({"OPENAB_THREAD_ID": "1732.0042", "OPENAB_CHANNEL_ID": "slack:C042"}, None),
        ({"OPENAB_CHANNEL_ID": "9"}, None),
        ({"OPENAB_CHANNEL_ID": "discord:x"}, None),
    ],
)
def test_the_environment_names_the_thread(environ: dict[str, str], thread: int | None) -> None:
    assert thread_in(environ) == thread
    assert thread_in({**environ, "OPENAB_AUTH_THREAD": "5"}, "6") == 6


@pytest.mark.parametrize("text", ["", "x", "-1", "1" * 21, " 7", "discord:7", "\u0667"])
def test_another_text_than_an_id_is_an_error(text: str) -> None:
    with pytest.raises(ThreadIdError, match="OPENAB_AUTH_THREAD is not the id of a thread"):
        thread_in({"OPENAB_AUTH_THREAD": text, "OPENAB_THREAD_ID": "8"})
    with pytest.raises(ThreadIdError, match="--thread"):
        thread_in({}, text)


def test_twenty_digits_are_an_id() -> None:
    assert thread_in({}, "9" * 20) == int("9" * 20)
