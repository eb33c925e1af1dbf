"""A login program that prints without end costs no more than one that prints text."""

from __future__ import annotations

import time

from openab_auth.oauth.flows.command.output import Output


def seconds_for(first: bytes) -> float:
    """Return the time of the processor for many small pieces of output after `first`."""
    output, began = Output(), time.process_time()
    output.feed(first)
    for _ in range(60_000):
        output.feed(b"x")
    return time.process_time() - began


def test_an_escape_sequence_without_an_end_costs_no_more_than_text() -> None:
    assert seconds_for(b"\x1b]0;") < 10 * seconds_for(b"x")


def test_text_behind_an_escape_sequence_that_never_ended_is_read() -> None:
    output = Output()
    output.feed(b"\x1b]0;")
    for _ in range(10):
        output.feed(b"x" * 1000)
    output.feed(b" Open https://login.example.com/auth\n")

    assert output.found.link == "https://login.example.com/auth"
