"""What keeps the application from running that is nobody's mistake in the config."""

from __future__ import annotations

from openab_auth.storage.errors import OpenabAuthError


class DiscordUnavailableError(OpenabAuthError):
    """Discord gives no usable answer; nothing in the config need be wrong."""

    code = "discord_unavailable"

    def __init__(self, api_base: str, reason: str) -> None:
        super().__init__(
            f"no usable answer from Discord at {api_base} ({reason})",
            kept="the store is untouched",
            todo="try again in a moment; if it stays so, check the network and [discord] api_base",
        )


class SystemRefusedError(OpenabAuthError):
    """The operating system refused something that no store and no vendor is the reason of: too many open files, say."""

    code = "system_refused"

    def __init__(self, error: OSError) -> None:
        place = f" ({error.filename})" if isinstance(error.filename, str) else ""
        super().__init__(
            f"the operating system refused: {error.strerror or type(error).__name__}{place}",
            kept="what was committed before is kept",
            todo="mend that (`ulimit -n` shows how many files may be open), then try again",
        )


class CommandNotRunError(OpenabAuthError):
    """The command could not be started; the tokens were there."""

    code = "command_not_run"

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            f"{command} was not started ({reason})", kept="the logins are untouched", todo="name a program that is here"
        )
