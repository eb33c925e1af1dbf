"""Errors of the application that no mistake in the config causes."""

from __future__ import annotations

from openab_auth.storage.errors import OpenabAuthError


class DiscordUnavailableError(OpenabAuthError):
    """Discord gives no usable answer; the config may be right."""

    code = "discord_unavailable"

    def __init__(self, api_base: str, reason: str) -> None:
        super().__init__(
            f"no usable answer from Discord at {api_base} ({reason})",
            kept="the store is untouched",
            todo="try again in a moment; if that fails, too, check the network and [discord] api_base",
        )


class SystemRefusedError(OpenabAuthError):
    """The operating system refused a call, for example because too many files are open."""

    code = "system_refused"

    def __init__(self, error: OSError) -> None:
        place = f" ({error.filename})" if isinstance(error.filename, str) else ""
        super().__init__(
            f"the operating system reported an error: {error.strerror or type(error).__name__}{place}",
            kept="earlier changes are saved",
            todo="correct the cause (`ulimit -n` shows how many files may be open), then try again",
        )


class CommandNotRunError(OpenabAuthError):
    """`exec` could not start its command, although it had the tokens."""

    code = "command_not_run"

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            f"{command} was not started ({reason})",
            kept="the logins are untouched",
            todo="check the program's name and PATH",
        )
