"""Split a command line before argparse sees it: argparse would read a paste that begins with `-` as options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openab_auth.storage.errors import OpenabAuthError

_WITH_VALUE: Final = frozenset({
    *("--store", "--config", "--user", "--port", "--min-ttl", "--for", "--from", "--thread", "--beside",
      "--wait", "--reason", "--until", "--grant", "--to", "--tenant", "--expires", "--socket", "--mode", "--listen",
      "--since"),
})  # fmt: skip
_ALONE: Final = frozenset({
    *("--json", "--local", "--rejected", "--revoke", "--no-wait", "--help", "-h", "--version", "--verbose", "-v",
      "--drop", "--keep-source", "--replace"),
})  # fmt: skip


class UsageError(OpenabAuthError):
    """The command line is wrong; the error repeats no word of it, because a word might be a paste or a token."""

    code = "usage"

    def __init__(self, message: str, prog: str) -> None:
        super().__init__(message, kept="nothing was done", todo=f"see `{prog} --help`")


class SplitArguments:
    """The parts of a command line: the words for argparse, the command, a paste, and the child that `exec` becomes.

    Its repr names none of them, because a paste may be among them.
    """

    def __init__(
        self, plain: tuple[str, ...], command: str, *, paste: str | None = None, child: tuple[str, ...] | None = None
    ) -> None:
        self.plain, self.command, self.paste, self.child = plain, command, paste, child

    @property
    def json(self) -> bool:
        """Return whether the output is JSON; errors about the other words are then JSON, too."""
        return "--json" in self.plain

    @property
    def help(self) -> bool:
        """Return whether the words ask for help, perhaps for that of all commands."""
        return "--help" in self.plain or "-h" in self.plain

    @property
    def version(self) -> bool:
        """Return whether the words ask for the version; then no command runs."""
        return "--version" in self.plain


def split_arguments(words: Sequence[str]) -> SplitArguments:
    """Split the words of a command line; a paste of several words is left to argparse, which refuses it.

    All options are moved behind the command: argparse knows the options of a command only there, and takes no option
    between two tenants.
    """
    others = _others(words)
    command = words[others[0]] if others else ""
    if command == "exec" and "--" in words:
        at = words.index("--")
        return SplitArguments(_ordered(words[:at]), command, child=tuple(words[at + 1 :]))
    if command == "complete" and len(others) == 3:  # noqa: PLR2004 - complete VENDOR PASTE
        plain = [word for at, word in enumerate(words) if at != others[2] and word != "--"]
        return SplitArguments(_ordered(plain), command, paste=words[others[2]])
    return SplitArguments(tuple(words) if "--" in words else _ordered(words), command)


def _ordered(words: Sequence[str]) -> tuple[str, ...]:
    """Return the command, then the options with their values, then the other words."""
    others = _others(words)
    options = [word for at, word in enumerate(words) if at not in others]
    return (*(words[at] for at in others[:1]), *options, *(words[at] for at in others[1:]))


def _others(words: Sequence[str]) -> list[int]:
    """Return the indexes of the words that are neither an option nor an option's value."""
    others: list[int] = []
    at = 0
    while at < len(words):
        word = words[at]
        name, equals, _ = word.partition("=")
        if word == "--":
            return [*others, *range(at + 1, len(words))]
        if name not in _WITH_VALUE and word not in _ALONE:
            others.append(at)
        at += 2 if name in _WITH_VALUE and not equals else 1
    return others
